//! What every loop has to do.

eebus_suite::tests!(|setup, app| eebus_blocking::run(setup, app));
