//! SPINE datagrams, and data of functions alone.

use super::message::repaired;
use super::table;
use super::view::{View, plain};
use eebus_core::json::{Enumeration, Error, Limits, Repairs, Tape};
use eebus_core::model::{CmdView, Datagram, FeatureAddress, FilterView, FunctionId, Header};

/// Adds a datagram (SPINE 5).
pub(crate) fn datagram(view: &mut View, bytes: &[u8]) -> Result<(), Error> {
    let (datagram, repairs) = Datagram::read(bytes, &Limits::default())?;
    let header = datagram.header();
    let cmds: Vec<_> = datagram.cmds().collect();
    view.line(0, headline(&header, &cmds));
    for &part in &cmds {
        cmd(view, part);
    }
    repaired(view, &repairs);
    Ok(())
}

/// Adds the data of one function.
pub(crate) fn data(view: &mut View, function: FunctionId, bytes: &[u8]) -> Result<Repairs, Error> {
    let (tape, repairs) = Tape::read(function.info().ty, bytes, &Limits::default())?;
    table::named(view, 0, function.name(), tape.ty(), tape.root());
    Ok(repairs)
}

/// `box [1]/2 → pump [1]/1: write loadControlLimitListData #42, wants an acknowledgement`.
fn headline(header: &Header, cmds: &[CmdView<'_>]) -> String {
    let classifier = header.cmd_classifier.as_ref().map_or("(no cmdClassifier)", Enumeration::as_str);
    let mut line = format!(
        "{} → {}: {}",
        address(header.address_source.as_ref()),
        address(header.address_destination.as_ref()),
        plain(classifier)
    );
    let names: Vec<_> = cmds.iter().map(|&cmd| name(cmd)).collect();
    line.push_str(&match names.as_slice() {
        [] => " (no cmd)".into(),
        names => format!(" {}", names.join(" and ")),
    });
    line.push_str(&match header.msg_counter {
        Some(counter) => format!(" #{}", counter.0),
        None => " (no msgCounter)".into(),
    });
    if let Some(reference) = header.msg_counter_reference {
        line.push_str(&format!(", answers #{}", reference.0));
    }
    if header.ack_request == Some(true) {
        line.push_str(", wants an acknowledgement");
    }
    match &header.specification_version {
        Some(version) => line.push_str(&format!(", SPINE {}", plain(&version.0))),
        None => line.push_str(", no SPINE version"),
    }
    line
}

/// The function of a command, as far as it can be told.
fn name(cmd: CmdView<'_>) -> String {
    match (cmd.data(), cmd.unknown().or(cmd.function())) {
        (Some((function, _)), _) => function.name().into(),
        (None, Some(name)) => format!("{} (no function of SPINE 1.3.0, or no data)", plain(name)),
        (None, None) => "(no data)".into(),
    }
}

fn address(address: Option<&FeatureAddress>) -> String {
    let Some(FeatureAddress { device, entity, feature }) = address else { return "(no address)".into() };
    let device = device.as_ref().map_or("(no device)".into(), |device| plain(&device.0));
    let entity: Vec<_> = entity.iter().map(|number| number.0.to_string()).collect();
    let feature = feature.map_or("(no feature)".into(), |feature| feature.0.to_string());
    format!("{device} [{}]/{feature}", entity.join(","))
}

fn cmd(view: &mut View, cmd: CmdView<'_>) {
    for part in cmd.filters() {
        filter(view, part);
    }
    if let Some((function, data)) = cmd.data() {
        table::named(view, 1, function.name(), function.info().ty, data);
    }
    if let Some(at) = cmd.last_update_at() {
        view.line(1, format_args!("lastUpdateAt: {}", plain(&at.0)));
    }
}

/// What a command touches (SPINE 5.3.4).
fn filter(view: &mut View, filter: FilterView<'_>) {
    let control = match (filter.delete(), filter.partial()) {
        (true, true) => "delete and partial",
        (true, false) => "delete",
        (false, true) => "partial",
        (false, false) => "(no cmdControl)",
    };
    view.line(1, format_args!("filter: {control}"));
    for (function, selectors) in filter.selectors() {
        if let Some(ty) = function.info().selectors {
            table::named(view, 2, selectors.name(), ty, selectors);
        }
    }
    if let Some((function, elements)) = filter.elements()
        && let Some(ty) = function.info().elements
    {
        table::named(view, 2, elements.name(), ty, elements);
    }
    if let Some(name) = filter.unknown() {
        view.line(2, format_args!("{}: not in the schema", plain(name)));
    }
}
