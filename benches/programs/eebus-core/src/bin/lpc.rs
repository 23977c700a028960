//! The same as `every` with the functions that limitation of power consumption needs.

use eebus_core::json::Limits;
use eebus_core::model::*;

fn through<T: FunctionData>(view: CmdView<'_>) -> Option<Cmd> {
    view.get::<T>().map(|data| Cmd::data(&data))
}

fn rebuilt(view: CmdView<'_>) -> Option<Cmd> {
    through::<LoadControlLimitListData>(view)
        .or_else(|| through::<LoadControlLimitDescriptionListData>(view))
        .or_else(|| through::<DeviceConfigurationKeyValueListData>(view))
        .or_else(|| through::<DeviceConfigurationKeyValueDescriptionListData>(view))
        .or_else(|| through::<DeviceDiagnosisHeartbeatData>(view))
        .or_else(|| through::<ElectricalConnectionCharacteristicListData>(view))
        .or_else(|| through::<NodeManagementDetailedDiscoveryData>(view))
        .or_else(|| through::<NodeManagementUseCaseData>(view))
        .or_else(|| through::<NodeManagementSubscriptionRequestCall>(view))
        .or_else(|| through::<NodeManagementBindingRequestCall>(view))
        .or_else(|| through::<ResultData>(view))
}

fn main() {
    let path = std::env::args_os().nth(1).expect("a file");
    let octets = std::fs::read(path).expect("a readable file");
    let (datagram, _) = Datagram::read(&octets, &Limits::default()).expect("a datagram");
    let view = datagram.cmds().next().expect("a command");
    let mut cmd = rebuilt(view).expect("data of LPC");
    let selectors: Vec<_> =
        cmd.filters.iter().flat_map(|filter| &filter.selectors).map(Criterion::from).collect();
    let update = project(&cmd.data, &selectors, None).expect("a list");
    merge(&mut cmd.data, update.root()).expect("identifiers");
    let mut out = Vec::new();
    write_datagram(&datagram.header(), &cmd, &mut out);
    std::io::Write::write_all(&mut std::io::stdout(), &out).expect("an open stdout");
}
