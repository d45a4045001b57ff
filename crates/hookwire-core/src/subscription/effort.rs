//! How much work may go into finding out who wants a message.

use super::LazyDocument;
use crate::filter::Steps;

/// The work of a moment, in units of about ten nanoseconds.
const MOMENT: u32 = 2_000;
/// Bytes of a payload that are read in one unit.
const READ_BYTES: usize = 4;
/// The units to look at a group, and whether it wants the message's channels.
const GROUP: usize = 4;
/// The units to look a value up in a payload.
const LOOKUP: usize = 16;

/// What may still be done, and what was.
pub(super) struct Effort {
    /// Units that are left; `None` = as many as it takes.
    units: Option<u32>,
    pub(super) steps: Steps,
    has_read: bool,
}

impl Effort {
    /// Whatever it takes.
    pub(super) fn any() -> Self {
        Self { units: None, steps: Steps::default(), has_read: false }
    }

    /// No more than about 20 µs.
    pub(super) fn of_a_moment() -> Self {
        Self { units: Some(MOMENT), steps: Steps::new(MOMENT), has_read: false }
    }

    fn spend(&mut self, units: usize) -> Option<()> {
        let Some(left) = &mut self.units else { return Some(()) };
        *left = left.checked_sub(u32::try_from(units).ok()?)?;
        Some(())
    }

    /// Pays for so many groups.
    pub(super) fn groups(&mut self, count: usize) -> Option<()> {
        self.spend(count * GROUP)
    }

    /// Pays for so many values to be looked up in the payload.
    pub(super) fn lookups(&mut self, count: usize, payload: &LazyDocument<'_>) -> Option<()> {
        self.read(payload)?;
        self.spend(count * LOOKUP)
    }

    /// Pays for a filter of so many bytes to be held against the payload.
    pub(super) fn filter(&mut self, bytes: usize, payload: &LazyDocument<'_>) -> Option<()> {
        self.read(payload)?;
        self.spend(bytes)
    }

    /// Pays for the payload to be indexed.
    fn read(&mut self, payload: &LazyDocument<'_>) -> Option<()> {
        if !std::mem::replace(&mut self.has_read, true) {
            self.spend(payload.json.map_or(0, <[u8]>::len) / READ_BYTES)?;
        }
        Some(())
    }

    /// Whether nothing was left undecided for want of effort that somebody else might make.
    pub(super) fn was_enough(&self) -> bool {
        self.units.is_none() || self.steps.are_left()
    }
}
