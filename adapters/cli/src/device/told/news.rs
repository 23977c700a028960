//! What is new against what the user was told before.

use std::collections::BTreeMap;

/// One thing that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News<'a> {
    Added(&'a str),
    Changed(&'a str),
    Gone(&'a str),
}

/// Everything that changed, by key.
pub(super) fn between<'a, K: Ord>(
    before: &'a BTreeMap<K, String>,
    now: &'a BTreeMap<K, String>,
) -> Vec<(&'a K, News<'a>)> {
    let gone = before.iter().filter(|(key, _)| !now.contains_key(key));
    let mut news: Vec<_> = gone.map(|(key, text)| (key, News::Gone(text))).collect();
    news.extend(now.iter().filter_map(|(key, text)| match before.get(key) {
        None => Some((key, News::Added(text))),
        Some(old) if old != text => Some((key, News::Changed(text))),
        Some(_) => None,
    }));
    news.sort_by_key(|(key, _)| *key);
    news
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_what_changed_and_what_is_gone_in_order() {
        let map = |rows: &[(u32, &str)]| -> BTreeMap<u32, String> {
            rows.iter().map(|(key, text)| (*key, (*text).to_string())).collect()
        };
        let (before, now) =
            (map(&[(1, "a"), (2, "b"), (3, "c"), (5, "e")]), map(&[(1, "a"), (2, "B"), (4, "d")]));
        let expected =
            [(&2, News::Changed("B")), (&3, News::Gone("c")), (&4, News::Added("d")), (&5, News::Gone("e"))];
        assert_eq!(between(&before, &now), expected);
        assert_eq!(between(&now, &now), []);
    }
}
