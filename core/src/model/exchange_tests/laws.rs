//! Laws of the merge on random data, against a second merge over typed structs.

use super::*;

/// Knuth's linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| value(self))
    }

    fn scaled(&mut self) -> ScaledNumber {
        ScaledNumber {
            number: self.maybe(|r| r.below(3) as i64 - 1),
            scale: self.maybe(|r| r.below(2) as i16),
        }
    }

    fn setpoint(&mut self, id: Option<u64>) -> SetpointData {
        let text = |r: &mut Self| ["PT1H", "a longer \"text\"", "P1D"][r.below(3) as usize].into();
        SetpointData {
            setpoint_id: id.map(|id| SetpointId(id as u32)),
            value: self.maybe(Self::scaled),
            value_max: self.maybe(Self::scaled),
            is_setpoint_active: self.maybe(|r| r.below(2) == 0),
            time_period: self.maybe(|r| TimePeriod { start_time: r.maybe(text), end_time: r.maybe(text) }),
            ..SetpointData::default()
        }
    }

    /// Entries with distinct identifiers.
    fn stored(&mut self) -> SetpointListData {
        let ids: Vec<u64> = (0..6).filter(|_| self.below(2) == 0).collect();
        SetpointListData { setpoint_data: ids.into_iter().map(|id| self.setpoint(Some(id))).collect() }
    }

    /// Any entries, some without identifier.
    fn update(&mut self) -> SetpointListData {
        let ids: Vec<_> = (0..self.below(4)).map(|_| Some(self.below(7)).filter(|id| *id < 6)).collect();
        SetpointListData { setpoint_data: ids.into_iter().map(|id| self.setpoint(id)).collect() }
    }
}

fn merge_scaled(stored: &mut Option<ScaledNumber>, new: Option<ScaledNumber>) {
    let Some(new) = new.filter(|new| *new != ScaledNumber::default()) else { return };
    let stored = stored.get_or_insert_default();
    stored.number = new.number.or(stored.number);
    stored.scale = new.scale.or(stored.scale);
}

fn merge_setpoint(stored: &mut SetpointData, new: SetpointData) {
    merge_scaled(&mut stored.value, new.value);
    merge_scaled(&mut stored.value_max, new.value_max);
    stored.is_setpoint_active = new.is_setpoint_active.or(stored.is_setpoint_active);
    if let Some(new) = new.time_period.filter(|new| *new != TimePeriod::default()) {
        let stored = stored.time_period.get_or_insert_default();
        stored.start_time = new.start_time.or(stored.start_time.take());
        stored.end_time = new.end_time.or(stored.end_time.take());
    }
}

/// The same rules, written for one type.
fn merge_typed(stored: &mut SetpointListData, update: SetpointListData) {
    let stored = &mut stored.setpoint_data;
    for new in update.setpoint_data {
        if new.setpoint_id.is_none() {
            stored.iter_mut().for_each(|entry| merge_setpoint(entry, new.clone()));
        } else {
            match stored.iter_mut().find(|entry| entry.setpoint_id == new.setpoint_id) {
                Some(entry) => merge_setpoint(entry, new),
                None => stored.push(new),
            }
        }
    }
}

#[test]
fn the_merge_agrees_with_one_over_typed_structs_and_is_idempotent() {
    let mut random = Random(3);
    let mut in_place = 0;
    for _ in 0..3_000 {
        let (mut typed, update) = (random.stored(), random.update());
        let mut stored = Tape::of(&typed);
        let before = stored.clone();
        let update_tape = Tape::of(&update);
        let for_all = update.setpoint_data.iter().any(|entry| entry.setpoint_id.is_none());
        let changed = merge(&mut stored, update_tape.root()).unwrap();
        merge_typed(&mut typed, update);
        assert_eq!(stored.get::<SetpointListData>().as_ref(), Some(&typed));
        assert!(changed || stored == before);
        in_place += usize::from(stored.token_count() == before.token_count());
        assert_sound(&stored);
        // Again: the same value, unless an entry for all now meets one that was appended behind it.
        let once = stored.clone();
        merge(&mut stored, update_tape.root()).unwrap();
        assert!(for_all || stored == once, "{stored:?} {once:?}");
        assert_sound(&stored);
    }
    assert!((500..2_500).contains(&in_place), "{in_place} merges in place");
}

#[test]
fn what_came_over_the_wire_merges_like_what_was_built() {
    let mut random = Random(4);
    for _ in 0..1_000 {
        let (stored, update) = (Tape::of(&random.stored()), Tape::of(&random.update()));
        let mut built = stored.clone();
        merge(&mut built, update.root()).unwrap();
        let mut received = tape(stored.ty(), &written(&stored));
        merge(&mut received, tape(update.ty(), &written(&update)).root()).unwrap();
        assert_eq!(received, built);
        assert_sound(&received);
    }
}

#[test]
fn an_update_without_entries_changes_nothing() {
    let mut random = Random(5);
    for _ in 0..100 {
        let before = Tape::of(&random.stored());
        let mut stored = before.clone();
        assert_eq!(merge(&mut stored, Tape::empty(before.ty()).root()), Ok(false));
        assert_eq!(stored, before);
    }
}

#[test]
fn what_is_deleted_and_merged_again_is_the_new_entry_alone() {
    let mut random = Random(6);
    for _ in 0..500 {
        let typed = random.stored();
        let new = random.setpoint(Some(2));
        let mut stored = Tape::of(&typed);
        let selectors = Tape::of(&SetpointListDataSelectors { setpoint_id: new.setpoint_id });
        let update = Tape::of(&SetpointListData { setpoint_data: [new.clone()].into() });
        delete(&mut stored, &[Criterion::from(&selectors)], None).unwrap();
        merge(&mut stored, update.root()).unwrap();
        let mut expected = typed;
        expected.setpoint_data.retain(|entry| entry.setpoint_id != new.setpoint_id);
        expected.setpoint_data.push(new);
        assert_eq!(stored.get::<SetpointListData>(), Some(expected));
        assert_sound(&stored);
    }
}
