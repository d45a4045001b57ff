//! The model's state: every delivery in a map.

use std::collections::BTreeMap;

use hookwire_core::id::Key;
use hookwire_core::rules::DeliveryOrder;
use hookwire_core::{
    AppKey, Delivery, DeliveryState, EndpointKey, MessageKey, Timestamp, Transition, TriggerType,
};
use hookwire_store::history::DeliveryStatus;
use hookwire_store::queue::Resend;

use crate::sure::Sure;

/// A delivery as the model knows it.
#[derive(Debug, Clone)]
struct Owed {
    state: DeliveryState,
    attempts: u32,
    due: Timestamp,
    fence: i64,
    lease_until: Option<Timestamp>,
    trigger: TriggerType,
    resume_at: Option<Timestamp>,
}

/// Whether an exchange was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Tried,
    Untried,
}

/// A live endpoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live {
    pub(super) is_enabled: bool,
    pub(super) order: DeliveryOrder,
    /// The one delivery that may be leased, if the endpoint has an order.
    head: Option<MessageKey>,
}

/// What a store should hold.
#[derive(Debug, Default)]
pub(super) struct Model {
    endpoints: BTreeMap<EndpointKey, Live>,
    deliveries: BTreeMap<(MessageKey, EndpointKey), Owed>,
}

impl Model {
    pub(super) fn create(&mut self, endpoint: EndpointKey, order: DeliveryOrder) {
        self.endpoints.insert(endpoint, Live { is_enabled: true, order, head: None });
    }

    /// Changes an endpoint; `false` when there is none.
    pub(super) fn change(&mut self, endpoint: EndpointKey, is_enabled: bool, order: DeliveryOrder) -> bool {
        let Some(live) = self.endpoints.get_mut(&endpoint) else { return false };
        let head = live.head.filter(|_| live.order == order);
        *live = Live { is_enabled, order, head };
        true
    }

    pub(super) fn send(&mut self, message: MessageKey, due: Timestamp) -> u32 {
        let enabled: Vec<_> =
            self.endpoints.iter().filter(|(_, live)| live.is_enabled).map(|(key, _)| *key).collect();
        for endpoint in &enabled {
            self.deliveries.insert((message, *endpoint), fresh(due, TriggerType::Scheduled));
        }
        enabled.len() as u32
    }

    pub(super) fn claim(
        &mut self,
        endpoint: EndpointKey,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> (Vec<Delivery>, Option<Timestamp>) {
        let Some(live) = self.endpoints.get(&endpoint).filter(|live| live.is_enabled) else {
            return (Vec::new(), None);
        };
        if live.order == DeliveryOrder::Fifo {
            return self.claim_first(endpoint, now, lease_until);
        }
        let mut claimed = Vec::new();
        let mut next_due = None;
        let own = self
            .deliveries
            .iter_mut()
            .filter(|((_, to), owed)| *to == endpoint && owed.state == DeliveryState::Pending);
        for ((message, _), owed) in own {
            if owed.lease_until.unwrap_or(owed.due) <= now {
                owed.fence += 1;
                owed.lease_until = Some(lease_until);
                claimed.push(delivery(*message, endpoint, owed, lease_until));
            } else if owed.lease_until.is_none() {
                next_due = Some(next_due.map_or(owed.due, |earliest: Timestamp| earliest.min(owed.due)));
            }
        }
        (claimed, next_due)
    }

    fn claim_first(
        &mut self,
        endpoint: EndpointKey,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> (Vec<Delivery>, Option<Timestamp>) {
        let head = self.endpoints.get(&endpoint).and_then(|live| live.head);
        let own = self.deliveries.iter().filter(|((message, to), owed)| {
            let is_in_line = head.is_none_or(|head| head == *message);
            *to == endpoint && owed.state == DeliveryState::Pending && is_in_line
        });
        let mut own: Vec<_> =
            own.map(|((message, _), owed)| (owed.due, *message, owed.lease_until)).collect();
        own.sort_unstable();
        if own.iter().any(|(_, _, lease)| lease.is_some_and(|until| until > now)) {
            return (Vec::new(), None);
        }
        let Some((due, message, lease)) = own.first().copied() else { return (Vec::new(), None) };
        if lease.unwrap_or(due) > now {
            return (Vec::new(), Some(due));
        }
        self.endpoints.get_mut(&endpoint).sure().head = Some(message);
        let owed = self.deliveries.get_mut(&(message, endpoint)).sure();
        owed.fence += 1;
        owed.lease_until = Some(lease_until);
        (vec![delivery(message, endpoint, owed, lease_until)], None)
    }

    /// `false` when the claim is not good any more.
    pub(super) fn settle(&mut self, claimed: &Delivery, transition: Transition, outcome: Outcome) -> bool {
        let is_live = self.endpoints.contains_key(&claimed.endpoint);
        let Some(owed) = self.deliveries.get_mut(&(claimed.message, claimed.endpoint)) else { return false };
        if owed.fence != claimed.fence || owed.lease_until.is_none() || owed.state != DeliveryState::Pending {
            return false;
        }
        owed.lease_until = None;
        match transition {
            Transition::RetryAt(_) | Transition::Released(_) if !is_live => {
                owed.state = DeliveryState::Canceled;
            }
            Transition::RetryAt(due) => {
                owed.attempts += u32::from(owed.resume_at.is_none());
                (owed.due, owed.trigger, owed.resume_at) = (due, TriggerType::Scheduled, None);
                return true;
            }
            Transition::Released(due) => {
                owed.due = due;
                return true;
            }
            Transition::Delivered => owed.state = DeliveryState::Delivered,
            Transition::Exhausted => owed.state = DeliveryState::Exhausted,
            Transition::Canceled => owed.state = DeliveryState::Canceled,
        }
        owed.attempts += u32::from(outcome == Outcome::Tried);
        if let Some(live) = self.endpoints.get_mut(&claimed.endpoint) {
            live.head = live.head.filter(|head| *head != claimed.message);
        }
        true
    }

    pub(super) fn resend(&mut self, endpoint: EndpointKey, message: MessageKey, now: Timestamp) -> Resend {
        match self.endpoints.get(&endpoint) {
            None => return Resend::NoEndpoint,
            Some(live) if !live.is_enabled => return Resend::Disabled,
            Some(_) => {}
        }
        let owed =
            self.deliveries.entry((message, endpoint)).or_insert_with(|| fresh(now, TriggerType::Manual));
        if owed.state != DeliveryState::Pending {
            *owed = Owed { fence: owed.fence, ..fresh(now, TriggerType::Manual) };
        } else if owed.lease_until.is_none() && owed.attempts > 0 && owed.due > now {
            owed.resume_at = owed.resume_at.or(Some(owed.due));
            (owed.due, owed.trigger) = (now, TriggerType::Manual);
        }
        Resend::Queued
    }

    pub(super) fn delete(&mut self, endpoint: EndpointKey) -> bool {
        let was_there = self.endpoints.remove(&endpoint).is_some();
        for ((_, to), owed) in &mut self.deliveries {
            if *to == endpoint && owed.state == DeliveryState::Pending && owed.lease_until.is_none() {
                owed.state = DeliveryState::Canceled;
            }
        }
        was_there
    }

    /// Where a message's deliveries stand, as lists show it.
    pub(super) fn owed(&self, message: MessageKey) -> Vec<(EndpointKey, DeliveryStatus)> {
        let all = (message, EndpointKey::from_raw(0))..=(message, EndpointKey::from_raw(i64::MAX));
        let show = |((_, endpoint), owed): (&(MessageKey, EndpointKey), &Owed)| {
            let is_pending = owed.state == DeliveryState::Pending;
            let is_live = self.endpoints.contains_key(endpoint);
            let state = if is_pending && !is_live { DeliveryState::Canceled } else { owed.state };
            let next_attempt = (is_pending && is_live).then_some(owed.due);
            (*endpoint, DeliveryStatus { state, attempts: owed.attempts, next_attempt })
        };
        self.deliveries.range(all).map(show).collect()
    }

    /// Deliveries that are not settled.
    pub(super) fn pending(&self) -> u64 {
        self.deliveries.values().filter(|owed| owed.state == DeliveryState::Pending).count() as u64
    }
}

fn fresh(due: Timestamp, trigger: TriggerType) -> Owed {
    Owed {
        state: DeliveryState::Pending,
        attempts: 0,
        due,
        fence: 0,
        lease_until: None,
        trigger,
        resume_at: None,
    }
}

fn delivery(message: MessageKey, endpoint: EndpointKey, owed: &Owed, lease_until: Timestamp) -> Delivery {
    Delivery {
        message,
        endpoint,
        app: AppKey::from_raw(1),
        attempts: owed.attempts,
        trigger: owed.trigger,
        resume_at: owed.resume_at,
        fence: owed.fence,
        lease_until,
    }
}
