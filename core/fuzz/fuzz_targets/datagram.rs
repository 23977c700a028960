#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eebus_fuzz::datagram(bytes));
