//! Restricted function exchange: what a command makes of stored data (SPINE 5.3.4).

use super::fault::{ErrorNumber, Refusal};
use crate::json::Tape;
use crate::model::{
    self, Cmd, CmdClassifier, CmdView, Criterion, ExchangeFault, Filter, FilterView, FunctionId, Payload,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Selectors one filter may carry.
pub const MAX_SELECTORS: usize = 32;
/// Entries a list may have after a peer changed it.
pub const MAX_ENTRIES: usize = 256;

/// The one command of a payload.
pub fn only(payload: &Payload) -> Result<CmdView<'_>, Refusal> {
    let mut cmds = payload.cmds();
    match (cmds.next(), cmds.next()) {
        (Some(view), None) => Ok(view),
        _ => Err(Refusal::new(ErrorNumber::GENERAL, "a datagram carries exactly one cmd (SPINE 5.3.2)")),
    }
}

/// Takes a received command over as a value, and checks that its parts belong together (SPINE 5.3.4.1).
pub fn own(view: CmdView<'_>, classifier: &CmdClassifier) -> Result<Cmd, Refusal> {
    let named = view.function();
    let cmd = match (view.to_cmd(), named.and_then(FunctionId::from_name)) {
        (Some(cmd), _) => cmd,
        (None, Some(function)) if *classifier == CmdClassifier::Read => {
            let filters = view.filters().map(FilterView::to_filter).collect();
            Cmd { filters, ..Cmd::read(function) }
        }
        (None, Some(_)) => return Err(Refusal::new(ErrorNumber::GENERAL, "the cmd carries no data element")),
        (None, None) => return Err(unknown(view.unknown().or(named))),
    };
    let function = cmd.function;
    if named.is_some_and(|name| name != function.name()) {
        let reason = format!("cmd.function does not name the data element {function}");
        return Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, reason));
    }
    if view.filters().any(|filter| is_foreign(filter, function)) {
        return Err(Refusal::new(ErrorNumber::COMMAND_REJECTED, "a filter belongs to another function"));
    }
    allowed(&cmd, classifier)?;
    Ok(cmd)
}

/// The refusal of a function that SPINE 1.3.0 does not have.
pub fn unknown(name: Option<&str>) -> Refusal {
    let Some(name) = name else { return Refusal::new(ErrorNumber::GENERAL, "the cmd names no function") };
    let name: String = name.chars().take(64).collect();
    Refusal::new(ErrorNumber::COMMAND_NOT_SUPPORTED, format!("unknown function {name}"))
}

fn is_foreign(filter: FilterView<'_>, function: FunctionId) -> bool {
    filter.selectors().chain(filter.elements()).any(|(of, _)| of != function)
}

/// The combinations a classifier may carry (SPINE 5.3.4.4 to 5.3.4.6, Tables 6 and 7).
fn allowed(cmd: &Cmd, classifier: &CmdClassifier) -> Result<(), Refusal> {
    let unsupported = |reason| Err(Refusal::new(ErrorNumber::RESTRICTED_EXCHANGE_NOT_SUPPORTED, reason));
    if cmd.filters.iter().any(|filter| filter.delete == filter.partial) {
        return unsupported("a filter is either delete or partial");
    }
    let deletes = cmd.filters.iter().filter(|filter| filter.delete).count();
    if deletes > 1 || cmd.filters.len().saturating_sub(deletes) > 1 {
        return unsupported("at most one delete and one partial filter");
    }
    if cmd.filters.iter().any(|filter| filter.selectors.len() > MAX_SELECTORS) {
        return Err(Refusal::new(ErrorNumber::OVERLOAD, format!("a filter takes {MAX_SELECTORS} selectors")));
    }
    match classifier {
        CmdClassifier::Read if deletes > 0 => unsupported("a read cannot delete"),
        CmdClassifier::Reply | CmdClassifier::Call | CmdClassifier::Result if deletes > 0 => {
            unsupported("only write and notify delete")
        }
        CmdClassifier::Write | CmdClassifier::Notify => {
            if cmd.filters.iter().any(|f| f.partial && f.elements.is_some()) {
                return unsupported("a partial change takes no elements (SPINE 5.3.4.8)");
            }
            if cmd.filters.iter().any(|f| f.delete && f.elements.is_none() && f.selectors.is_empty()) {
                return unsupported("a delete needs selectors or elements");
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a command replaces the whole function.
pub fn is_full(cmd: &Cmd) -> bool {
    cmd.filters.is_empty()
}

/// What `cmd` makes of `stored`: the delete filter first, then the partial one (SPINE 5.3.4.7). `stored` is untouched.
pub fn apply(stored: &Tape, cmd: &Cmd) -> Result<Tape, Refusal> {
    if is_full(cmd) {
        return Ok(cmd.data.clone());
    }
    let mut result = stored.clone();
    for filter in cmd.filters.iter().filter(|filter| filter.delete) {
        model::delete(&mut result, &criteria(filter), filter.elements.as_ref().map(Criterion::from))?;
    }
    for filter in cmd.filters.iter().filter(|filter| filter.partial) {
        if filter.selectors.is_empty() {
            model::merge(&mut result, cmd.data.root())?;
        } else {
            model::merge_selected(&mut result, &criteria(filter), cmd.data.root())?;
        }
    }
    if model::entries(result.root()).nth(MAX_ENTRIES).is_some() {
        let reason = format!("the list would have more than {MAX_ENTRIES} entries");
        return Err(Refusal::new(ErrorNumber::OVERLOAD, reason));
    }
    Ok(result)
}

fn criteria(filter: &Filter) -> Vec<Criterion<'_>> {
    filter.selectors.iter().map(Criterion::from).collect()
}

/// What a peer's write makes of `stored`: as [`apply`], within what the peer may write (SPINE 5.3.4.2). Only where the
/// list is open to it may it add entries, and remove those that are not protected.
pub fn apply_write(stored: &Tape, cmd: &Cmd, open_list: bool) -> Result<Tape, Refusal> {
    let mut result = apply(stored, cmd)?;
    model::protect(stored, &mut result, open_list)
        .map_err(|fault| Refusal::new(ErrorNumber::COMMAND_REJECTED, format!("{fault}")))?;
    Ok(result)
}

/// The part of `stored` a read asks for; `None` where it asks for everything (SPINE 5.3.4.4).
pub fn restrict(stored: &Tape, filter: &Filter) -> Result<Option<Tape>, Refusal> {
    if filter.selectors.is_empty() && filter.elements.is_none() {
        return Ok(None);
    }
    Ok(Some(model::project(stored, &criteria(filter), filter.elements.as_ref().map(Criterion::from))?))
}

impl From<ExchangeFault> for Refusal {
    fn from(fault: ExchangeFault) -> Self {
        let error = match fault {
            ExchangeFault::MissingIdentifier(_) | ExchangeFault::StatedIdentifier(_) => {
                ErrorNumber::COMMAND_REJECTED
            }
            ExchangeFault::NoIdentifiers
            | ExchangeFault::NoList
            | ExchangeFault::UnknownSelector(_)
            | ExchangeFault::NothingNamed => ErrorNumber::RESTRICTED_EXCHANGE_NOT_SUPPORTED,
        };
        Self::new(error, format!("{fault}"))
    }
}
