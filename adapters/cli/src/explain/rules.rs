//! The rules that move a Controllable System from state to state, in people's words.

/// Rule, and what happened.
const RULES: &[(&str, &str)] = &[
    ("LPC-901", "a device begins with its failsafe value"),
    ("LPC-902", "its first limit after the start was refused"),
    ("LPC-904", "its first limit after the start was accepted"),
    ("LPC-905", "its Energy Guard said after the start that there is no limit"),
    ("LPC-906", "nobody took control within 120 s of the start"),
    ("LPC-908", "the time of the limit is over"),
    ("LPC-909", "the Energy Guard ended the limit"),
    ("LPC-910", "the Energy Guard set a limit"),
    ("LPC-911", "the Energy Guard sent no heartbeat for 120 s"),
    ("LPC-912", "the Energy Guard sent no heartbeat for 120 s, so its limit holds no more"),
    ("LPC-918", "the Energy Guard is back, and its limit was refused"),
    ("LPC-919", "the Energy Guard is back and set a limit"),
    ("LPC-920", "the Energy Guard is back and said that there is no limit"),
    ("LPC-921", "heartbeats are back, but no limit came with them within 120 s"),
    ("LPC-922", "the shortest time of failsafe is over"),
    ("LPC-923", "the device itself lifted the limit"),
];

/// `, since the Energy Guard set a limit (LPC-910)`; nothing where no rule led here.
pub(crate) fn since(rule: &str) -> String {
    match RULES.iter().find(|(name, _)| *name == rule) {
        Some((name, words)) => format!(", since {words} ({name})"),
        None if rule.is_empty() => String::new(),
        None => format!(" ({rule})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_core_has_words() {
        let state = include_str!("../../../../core/src/usecase/lpc/state.rs");
        let rules: Vec<_> =
            state.split('"').filter(|part| part.starts_with("LPC-") && part.len() == 7).collect();
        assert!(rules.len() >= 14, "{rules:?}");
        for rule in rules {
            assert!(since(rule).starts_with(", since "), "{rule}");
        }
    }
}
