//! Command lines as help texts and guides show them.

/// The arguments of every `eebus` in a line, its name included; what is redirected where does not count.
pub(crate) fn calls(line: &str) -> Vec<Vec<String>> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("{line}"));
    let mut calls: Vec<Vec<String>> = vec![Vec::new()];
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "|" | "&&" | ";" | "&" => calls.push(Vec::new()),
            ">" | ">>" | "2>" | "<" => drop(words.next()),
            _ => calls.last_mut().unwrap().push(word),
        }
    }
    for call in &mut calls {
        let variables = call.iter().take_while(|word| word.contains('=')).count();
        call.drain(..variables);
    }
    calls.into_iter().filter(|call| call.first().is_some_and(|name| name == "eebus")).collect()
}
