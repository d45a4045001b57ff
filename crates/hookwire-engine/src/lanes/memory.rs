//! Memory: how many deliveries are held with how many bytes of payload, and what claims under way may still bring.

/// A number of deliveries, and the bytes of their payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amount {
    /// Deliveries.
    pub(crate) deliveries: usize,
    /// Bytes of payload.
    pub(crate) bytes: usize,
}

impl Amount {
    /// One delivery.
    pub(crate) const fn one(bytes: usize) -> Self {
        Self { deliveries: 1, bytes }
    }

    const fn plus(self, other: Self) -> Self {
        Self { deliveries: self.deliveries + other.deliveries, bytes: self.bytes + other.bytes }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            deliveries: self.deliveries.saturating_sub(other.deliveries),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Self::plus)
    }
}

/// What may be in memory, and what is.
///
/// A claim reserves what it may bring before it is made, so however many are under way, the bound holds. It is passed
/// only by what no store can cut: a single message that is larger than what its claim could reserve.
#[derive(Debug)]
pub(super) struct Memory {
    max: Amount,
    /// Bytes that one claim may bring.
    claim_bytes: usize,
    /// In memory, or promised to the store during an ingest.
    held: Amount,
    /// Reserved by claims under way.
    ordered: Amount,
}

impl Memory {
    /// Nothing held yet. Claims that bring `claim_bytes` or less never pass the bound.
    pub(super) const fn new(max: Amount, claim_bytes: usize) -> Self {
        let none = Amount { deliveries: 0, bytes: 0 };
        Self { max, claim_bytes, held: none, ordered: none }
    }

    fn left(&self) -> Amount {
        self.max.minus(self.held.plus(self.ordered))
    }

    /// What is held.
    pub(super) const fn held(&self) -> Amount {
        self.held
    }

    /// Whether anything more may come.
    pub(super) fn has_room(&self) -> bool {
        let left = self.left();
        left.deliveries > 0 && left.bytes > 0
    }

    /// Whether one more delivery fits.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        let left = self.left();
        left.deliveries > 0 && bytes <= left.bytes
    }

    /// Holds one more delivery.
    pub(super) fn hold(&mut self, bytes: usize) {
        self.held = self.held.plus(Amount::one(bytes));
    }

    /// Reserves what a claim of `deliveries` may bring, or what is left of it.
    pub(super) fn order(&mut self, deliveries: usize) -> Amount {
        let left = self.left();
        let most =
            Amount { deliveries: deliveries.min(left.deliveries), bytes: self.claim_bytes.min(left.bytes) };
        self.ordered = self.ordered.plus(most);
        most
    }

    /// A claim is over: what it reserved is given back, what it brought is held.
    pub(super) fn arrived(&mut self, most: Amount, brought: Amount) {
        self.ordered = self.ordered.minus(most);
        self.held = self.held.plus(brought);
    }

    /// This is not held any more.
    pub(super) fn free(&mut self, amount: Amount) {
        self.held = self.held.minus(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn amount(deliveries: usize, bytes: usize) -> Amount {
        Amount { deliveries, bytes }
    }

    #[test]
    fn claims_under_way_reserve_what_they_may_bring_and_give_back_what_they_did_not() {
        let mut memory = Memory::new(amount(100, 1_000), 400);
        let first = memory.order(10);
        assert_eq!(first, amount(10, 400));
        assert_eq!(memory.order(200), amount(90, 400));
        assert!(!memory.has_room());
        memory.arrived(first, amount(3, 50));
        assert_eq!(memory.order(200), amount(7, 400));
        assert_eq!(memory.held(), amount(3, 50));
    }

    #[test]
    fn a_claim_takes_what_is_left_and_then_nobody_gets_more() {
        let mut memory = Memory::new(amount(100, 1_000), 400);
        memory.hold(999);
        let last = memory.order(10);
        assert_eq!(last, amount(10, 1));
        assert!(!memory.has_room());
        memory.arrived(last, amount(1, 300));
        assert!(!memory.has_room() && !memory.fits(1));
        memory.free(amount(1, 999));
        assert!(memory.has_room());
    }

    #[test]
    fn what_is_reserved_for_claims_is_not_given_to_an_ingest() {
        let mut memory = Memory::new(amount(100, 1_000), 400);
        let (first, second) = (memory.order(1), memory.order(1));
        assert!(memory.fits(200) && !memory.fits(201));
        memory.arrived(first, Amount::default());
        memory.arrived(second, Amount::default());
        assert!(memory.fits(1_000));
    }
}
