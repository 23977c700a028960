//! What every loop has to do.

eebus_suite::tests!(|setup, app| async_std::task::block_on(eebus_async_std::run(setup, app)));
