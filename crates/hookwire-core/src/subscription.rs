//! Which endpoints want a message, found without looking at those that can't.

mod by_value;
mod effort;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use by_value::ByValue;
use effort::Effort;

use crate::filter::Requirement;
use crate::json::Document;
use crate::{Channel, Endpoint, EndpointKey, EventTypeName, Filter};

/// Groups of one event type that are tried one by one before any is kept by its filter's values.
const FEW: usize = 4;
/// Values by which one group may be kept.
const VALUES_MAX: usize = 16;
/// Event types of a group that is kept by values.
const TYPES_MAX: usize = 32;
/// Changes that are taken in, however few groups there are.
const CHANGES_MIN: usize = 16;

/// What one endpoint wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// The endpoint.
    pub endpoint: EndpointKey,
    /// Only these event types; `None` = all.
    pub event_types: Option<&'a [EventTypeName]>,
    /// Only messages that share one of these channels; `None` = all.
    pub channels: Option<&'a [Channel]>,
    /// Only payloads that this matches; `None` = all.
    pub filter: Option<&'a Arc<Filter>>,
}

impl<'a> Subscription<'a> {
    /// What `endpoint` wants; `None` while it is disabled.
    pub fn of(endpoint: &'a Endpoint) -> Option<Self> {
        (!endpoint.disabled).then_some(Self {
            endpoint: endpoint.key,
            event_types: endpoint.event_types.as_deref(),
            channels: endpoint.channels.as_deref(),
            filter: endpoint.rules.filter.as_ref(),
        })
    }
}

/// What the endpoints of one app want, those that want the same as one.
#[derive(Debug, Clone, Default)]
pub struct Subscriptions {
    /// Those with equal filters stand side by side and share one.
    groups: Vec<Group>,
    by_type: HashMap<EventTypeName, Candidates>,
    all_types: Candidates,
    by_value: ByValue,
    /// Changes since the groups were made.
    changes: usize,
}

/// Endpoints that want the same.
#[derive(Debug, Clone)]
struct Group {
    /// Set only if it is kept by value, so that its type must still be compared.
    event_types: Option<Box<[EventTypeName]>>,
    channels: Option<Box<[Channel]>>,
    filter: Option<Arc<Filter>>,
    endpoints: Vec<EndpointKey>,
}

/// What one event type's messages are tried for.
#[derive(Debug, Clone, Default)]
struct Candidates {
    /// Numbers of groups.
    groups: Vec<u32>,
    /// Whether there are more, kept by value.
    more: bool,
}

impl Subscriptions {
    /// Takes in what each endpoint wants.
    pub fn new<'a>(subscriptions: impl IntoIterator<Item = Subscription<'a>>) -> Self {
        let mut all = Self::default();
        for (wanted, endpoints) in grouped(subscriptions) {
            all.add(&wanted, endpoints);
        }
        all
    }

    /// Takes in what `endpoint` wants from now on, `None` = nothing. `false` when so much has changed that it is time to
    /// make all of this anew: each change leaves it a little larger than it must be.
    #[must_use]
    pub fn put(&mut self, endpoint: EndpointKey, wanted: Option<Subscription<'_>>) -> bool {
        for group in &mut self.groups {
            group.endpoints.retain(|key| *key != endpoint);
        }
        if let Some(wanted) = wanted {
            self.add(&wanted, vec![endpoint]);
        }
        self.changes += 1;
        self.changes <= CHANGES_MIN.max(self.groups.len() / 4)
    }

    fn add(&mut self, wanted: &Subscription<'_>, endpoints: Vec<EndpointKey>) {
        let number = self.groups.len() as u32;
        let requirement = self.choose(wanted);
        let keep = |candidates: &mut Candidates| match requirement {
            Some(_) => candidates.more = true,
            None => candidates.groups.push(number),
        };
        match wanted.event_types {
            None => keep(&mut self.all_types),
            Some(names) => {
                for name in names {
                    keep(self.by_type.entry(name.clone()).or_default());
                }
            }
        }
        if let Some(requirement) = requirement {
            self.by_value.add(requirement, number);
        }
        self.groups.push(Group {
            event_types: wanted.event_types.filter(|_| requirement.is_some()).map(Into::into),
            channels: wanted.channels.map(Into::into),
            filter: wanted.filter.cloned(),
            endpoints,
        });
    }

    /// The values by which to keep a group, if fewer others lie there than at its event types.
    fn choose<'a>(&self, wanted: &Subscription<'a>) -> Option<&'a Requirement> {
        let of_type = match wanted.event_types {
            None if self.all_types.groups.len() < FEW => return None,
            None => usize::MAX,
            Some(names) if names.len() > TYPES_MAX => return None,
            Some(names) => {
                names.iter().filter_map(|name| self.by_type.get(name)).map(|of| of.groups.len()).sum()
            }
        };
        let requirements = wanted.filter.map(|filter| filter.requirements()).unwrap_or_default();
        requirements
            .iter()
            .filter(|requirement| of_type >= FEW && requirement.values.len() <= VALUES_MAX)
            .map(|requirement| (requirement, self.by_value.crowd(requirement)))
            .min_by_key(|(_, crowd)| *crowd)
            .filter(|(_, crowd)| *crowd < of_type)
            .map(|(requirement, _)| requirement)
    }

    /// The endpoints that want a message, in the order of keys. The payload's JSON is only read if one of them might
    /// have a filter; one that is absent, or not JSON, passes every filter.
    pub fn wanted_by(
        &self,
        event_type: &str,
        channels: &[Channel],
        payload: Option<&[u8]>,
    ) -> Vec<EndpointKey> {
        let payload = LazyDocument { json: payload, document: OnceCell::new() };
        let wanting = self.wanted(event_type, channels, &payload, Effort::any());
        wanting.expect("any effort may be made")
    }

    /// The same, if it takes no more than about 20 µs; `None` when it may take longer.
    pub fn wanted_soon(
        &self,
        event_type: &str,
        channels: &[Channel],
        payload: Option<&[u8]>,
    ) -> Option<Vec<EndpointKey>> {
        let payload = LazyDocument { json: payload, document: OnceCell::new() };
        self.wanted(event_type, channels, &payload, Effort::of_a_moment())
    }

    fn wanted(
        &self,
        event_type: &str,
        channels: &[Channel],
        payload: &LazyDocument<'_>,
        mut effort: Effort,
    ) -> Option<Vec<EndpointKey>> {
        let (mut numbers, mut more) = (Vec::new(), false);
        for candidates in self.by_type.get(event_type).into_iter().chain([&self.all_types]) {
            effort.groups(candidates.groups.len())?;
            numbers.extend_from_slice(&candidates.groups);
            more |= candidates.more;
        }
        if more {
            effort.lookups(self.by_value.paths(), payload)?;
            let few = numbers.len();
            self.by_value.find(payload, &mut effort.steps, &mut numbers);
            effort.groups(numbers.len() - few)?;
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut wanting = Vec::new();
        let mut last: Option<(&Arc<Filter>, bool)> = None;
        for group in numbers.into_iter().map(|number| &self.groups[number as usize]) {
            let of_type = group
                .event_types
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name.as_str() == event_type));
            if !of_type || !share(group.channels.as_deref(), channels) {
                continue;
            }
            let matches = match (&group.filter, last) {
                (None, _) => true,
                (Some(filter), Some((same, matches))) if Arc::ptr_eq(filter, same) => matches,
                (Some(filter), _) => {
                    effort.filter(filter.source().len(), payload)?;
                    payload.get().is_none_or(|document| filter.matches_within(document, &mut effort.steps))
                }
            };
            last = group.filter.as_ref().map(|filter| (filter, matches));
            if matches {
                wanting.extend_from_slice(&group.endpoints);
            }
        }
        wanting.sort_unstable();
        effort.was_enough().then_some(wanting)
    }
}

/// Puts those together that want the same. Equal filters become one, and stand side by side.
fn grouped<'a>(
    subscriptions: impl IntoIterator<Item = Subscription<'a>>,
) -> Vec<(Subscription<'a>, Vec<EndpointKey>)> {
    let mut filters: HashMap<&Filter, (usize, &'a Arc<Filter>)> = HashMap::new();
    let mut numbers = HashMap::new();
    let mut groups: Vec<(usize, (Subscription<'a>, Vec<EndpointKey>))> = Vec::new();
    for mut wanted in subscriptions {
        let mut filter_number = 0;
        if let Some(filter) = wanted.filter {
            let next = filters.len() + 1;
            let (number, first) = *filters.entry(filter).or_insert((next, filter));
            (filter_number, wanted.filter) = (number, Some(first));
        }
        let number =
            *numbers.entry((wanted.event_types, wanted.channels, filter_number)).or_insert_with(|| {
                groups.push((filter_number, (wanted, Vec::new())));
                groups.len() - 1
            });
        groups[number].1.1.push(wanted.endpoint);
    }
    groups.sort_by_key(|(filter, _)| *filter);
    groups.into_iter().map(|(_, group)| group).collect()
}

/// A payload that is indexed when it is first asked for.
struct LazyDocument<'a> {
    json: Option<&'a [u8]>,
    document: OnceCell<Option<Document<'a>>>,
}

impl<'a> LazyDocument<'a> {
    fn get(&self) -> Option<&Document<'a>> {
        self.document
            .get_or_init(|| {
                let text = self.json.and_then(|json| std::str::from_utf8(json).ok())?;
                Document::index(text).ok()
            })
            .as_ref()
    }
}

/// Whether a message of these channels is for one who wants those: without any of his own, he takes all.
fn share(wanted: Option<&[Channel]>, channels: &[Channel]) -> bool {
    wanted.is_none_or(|wanted| channels.iter().any(|channel| wanted.contains(channel)))
}

/// Whether `endpoint`, enabled or not, chose this type and these channels.
pub fn wants(endpoint: &Endpoint, event_type: &EventTypeName, channels: &[Channel]) -> bool {
    endpoint.event_types.as_ref().is_none_or(|names| names.contains(event_type))
        && share(endpoint.channels.as_deref(), channels)
}
