//! A model of the queue: what a store must answer, without any of its machinery.

mod state;

use std::time::Duration;

use hookwire_core::id::Key;
use hookwire_core::rules::{DeliveryOrder, RulesChange};
use hookwire_core::{App, Endpoint, EndpointChange, EndpointKey, MessageKey, Reference, Transition};
use hookwire_store::dispatch::Claim;
use hookwire_store::queue::{ClaimRequest, Settled, Settlement};

use crate::recorder::LEASE;
use crate::sure::Sure;
use crate::world::{World, ascending};
use state::{Model, Outcome};

/// Numbers from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }
}

/// One random story of one app.
struct Story<'w> {
    world: &'w World,
    chance: Chance,
    app: App,
    endpoints: Vec<Endpoint>,
    messages: Vec<MessageKey>,
    /// Every claim so far: most are stale.
    claims: Vec<Claim>,
    model: Model,
    pending_before: u64,
}

/// Runs `commands` random commands on an app of their own.
pub(crate) async fn run(world: &mut World, seed: u64, commands: usize) {
    let mut story = Story {
        app: world.app().await,
        pending_before: world.pending().await,
        world,
        chance: Chance(seed),
        endpoints: Vec::new(),
        messages: Vec::new(),
        claims: Vec::new(),
        model: Model::default(),
    };
    for _ in 0..commands {
        story.command().await;
    }
    story.compare().await;
}

impl Story<'_> {
    async fn command(&mut self) {
        match self.chance.below(20) {
            0 => self.create().await,
            1..6 => self.send().await,
            6..10 => self.claim().await,
            10..15 => self.settle().await,
            15 => self.resend().await,
            16 => self.turn().await,
            17 if self.chance.below(4) == 0 => self.delete().await,
            17 | 18 => self.world.pass(Duration::from_secs(self.chance.below(100) as u64)),
            _ => self.compare().await,
        }
    }

    async fn create(&mut self) {
        let order = self.order();
        let endpoint = self.world.endpoint_with(&self.app, |new| new.rules.order = Some(order)).await;
        self.model.create(endpoint.key, order);
        self.endpoints.push(endpoint);
    }

    fn order(&mut self) -> DeliveryOrder {
        self.chance.pick(DeliveryOrder::ALL).copied().unwrap_or_default()
    }

    async fn send(&mut self) {
        let mut message = self.world.message(&self.app);
        if self.chance.below(4) == 0 {
            message.deliver_at = Some(message.now.plus(Duration::from_secs(self.chance.below(60) as u64)));
        }
        let (key, due) = (message.key, message.deliver_at.unwrap_or(message.now).max(message.now));
        let expected = self.model.send(key, due);
        let ingested = self.world.ingest(message).await;
        let accepted = hookwire_store::ingest::Ingested::Accepted { app: self.app.key, deliveries: expected };
        assert_eq!(ingested, accepted);
        self.messages.push(key);
    }

    async fn claim(&mut self) {
        let Some(endpoint) = self.chance.pick(&self.endpoints).map(|endpoint| endpoint.key) else { return };
        let now = self.world.now();
        let lease_until = now.plus(LEASE);
        let request = ClaimRequest { endpoint, now, lease_until, limit: 1_000, bytes_max: usize::MAX };
        let claimed = self.world.store().claim(request).await.sure();
        let (mut expected, next_due) = self.model.claim(endpoint, now, lease_until);
        let mut found: Vec<_> = claimed.claims.iter().map(|claim| claim.delivery.clone()).collect();
        for (found, expected) in found.iter_mut().zip(&mut expected) {
            (found.app, expected.app) = (self.app.key, self.app.key);
        }
        found.sort_by_key(|delivery| delivery.message);
        assert_eq!((found, claimed.next_due), (expected, next_due));
        self.claims.extend(claimed.claims);
    }

    async fn settle(&mut self) {
        let Some(claim) = self.chance.pick(&self.claims).cloned() else { return };
        let retry_at = self.world.now().plus(Duration::from_secs(self.chance.below(200) as u64));
        let (outcome, settlement): (Outcome, Settlement) = match self.chance.below(4) {
            0 => (Outcome::Tried, self.world.settlement(&claim, 200, Transition::Delivered)),
            1 => (Outcome::Tried, self.world.settlement(&claim, 500, Transition::Exhausted)),
            2 => (Outcome::Tried, self.world.settlement(&claim, 500, Transition::RetryAt(retry_at))),
            _ => (Outcome::Untried, World::released(&claim, retry_at)),
        };
        let expected = self.model.settle(&claim.delivery, settlement.transition, outcome);
        let settled = self.world.settle(settlement).await;
        assert_eq!(settled, if expected { Settled::Done } else { Settled::Stale }, "{claim:?}");
    }

    async fn resend(&mut self) {
        let (message, endpoint) =
            (self.chance.pick(&self.messages).copied(), self.chance.pick(&self.endpoints));
        let (Some(message), Some(endpoint)) = (message, endpoint.map(|endpoint| endpoint.key)) else {
            return;
        };
        let now = self.world.now();
        let references = (Reference::Key(message), Reference::Key(endpoint));
        let expected = self.model.resend(endpoint, message, now);
        let resent = self.world.store().resend(self.app.key, &references.0, &references.1, now).await.sure();
        assert_eq!(resent, expected);
    }

    async fn turn(&mut self) {
        let Some(endpoint) = self.chance.pick(&self.endpoints).map(|endpoint| endpoint.key) else { return };
        let enabled = self.chance.below(3) > 0;
        let order = self.order();
        let rules = RulesChange { order: Some(order), ..RulesChange::default() };
        let change = EndpointChange { disabled: Some(!enabled), rules, ..EndpointChange::default() };
        let reference = Reference::Key(endpoint);
        let store = self.world.store();
        let changed = store.change_endpoint(self.app.key, &reference, change, self.world.now());
        assert_eq!(changed.await.sure().is_some(), self.model.change(endpoint, enabled, order));
    }

    async fn delete(&mut self) {
        let Some(endpoint) = self.chance.pick(&self.endpoints).map(|endpoint| endpoint.key) else { return };
        let reference = Reference::Key(endpoint);
        let deleted =
            self.world.store().delete_endpoint(self.app.key, &reference, self.world.now()).await.sure();
        assert_eq!(deleted, self.model.delete(endpoint));
    }

    /// Where everything stands.
    async fn compare(&mut self) {
        for message in self.messages.clone() {
            let owed =
                self.world.store().endpoints_of_message(self.app.key, message, ascending(250)).await.sure();
            let found: Vec<(EndpointKey, _)> =
                owed.items.iter().map(|(endpoint, status)| (endpoint.key, *status)).collect();
            assert_eq!(found, self.model.owed(message), "{}", message.raw());
        }
        let pending = self.world.pending().await - self.pending_before;
        assert_eq!(pending, self.model.pending());
    }
}
