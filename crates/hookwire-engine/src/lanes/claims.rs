//! Claims: lanes whose deliveries wait in the store stand in line for them, for room in memory and for a turn.

use hookwire_core::{EndpointKey, Timestamp};

use super::memory::{Amount, Memory};
use super::state::Inner;
use super::work::{ClaimOrder, Work};
use crate::lane::NextClaim;
use crate::settings::Settings;

/// Claims from the store under way at once.
const CLAIMS_MAX: usize = 32;
/// Together they may reserve one part in so many of the bytes, so that ingests find room beside them.
const CLAIMS_PART: usize = 2;

/// The node's memory, nothing of it used.
pub(super) fn memory(settings: &Settings) -> Memory {
    let max = Amount { deliveries: settings.held_max.max(8), bytes: settings.held_bytes_max };
    Memory::new(max, (max.bytes / CLAIMS_PART / CLAIMS_MAX).max(1))
}

impl Inner {
    /// Puts the lane at the end of the line. All lanes go through it, also one that has just claimed, so that those
    /// with much to fetch can't keep the others from their turn.
    pub(super) fn line_up(&mut self, endpoint: EndpointKey, now: Timestamp) {
        let lane = self.lane(endpoint, now);
        if lane.claim == NextClaim::None {
            lane.claim = NextClaim::InLine;
            self.hungry.push_back(endpoint);
        }
    }

    /// Orders claims for the lanes in line while there is room.
    pub(super) fn feed_the_hungry(&mut self, now: Timestamp, work: &mut Work) {
        while self.claims < CLAIMS_MAX && self.memory.has_room() {
            let Some(endpoint) = self.hungry.pop_front() else { return };
            let Some(lane) = self.lanes.get_mut(&endpoint) else { continue };
            if lane.claim != NextClaim::InLine {
                continue;
            }
            lane.claim = NextClaim::None;
            // What it wanted may have changed while it stood in line; whatever changes it next looks at the lane again.
            let wants = lane.wants(now);
            if wants == 0 {
                continue;
            }
            lane.claim = NextClaim::UnderWay;
            lane.backlog = None;
            self.claims += 1;
            work.orders.push(ClaimOrder { endpoint, most: self.memory.order(wants) });
        }
    }
}
