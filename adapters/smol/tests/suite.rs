//! What every loop has to do.

eebus_suite::tests!(|setup, app| smol::block_on(eebus_smol::run(setup, app)));
