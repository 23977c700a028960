//! What every loop has to do.

eebus_suite::tests!(|setup, app| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(eebus_tokio::run(setup, app))
});
