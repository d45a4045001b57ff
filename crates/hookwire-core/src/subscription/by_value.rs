//! Groups of endpoints by what their filters require: a value in a field leads to them, and the others cost nothing.

use std::collections::HashMap;

use super::LazyDocument;
use crate::filter::{Path, Requirement, Scalar, Steps, offered};

/// Numbers of groups, by path and value.
#[derive(Debug, Clone, Default)]
pub(super) struct ByValue {
    paths: HashMap<Path, HashMap<Scalar<'static>, Vec<u32>>>,
}

impl ByValue {
    /// Takes in a group that wants only payloads which meet the requirement.
    pub(super) fn add(&mut self, requirement: &Requirement, group: u32) {
        let groups = self.paths.entry(requirement.path.clone()).or_default();
        for value in &*requirement.values {
            match groups.get_mut(value) {
                Some(groups) => groups.push(group),
                None => drop(groups.insert(value.clone(), vec![group])),
            }
        }
    }

    /// How many groups lie where this requirement leads.
    pub(super) fn crowd(&self, requirement: &Requirement) -> usize {
        let Some(groups) = self.paths.get(&requirement.path) else { return 0 };
        requirement.values.iter().filter_map(|value| groups.get(value)).map(Vec::len).sum()
    }

    /// How many values are looked up in each payload.
    pub(super) fn paths(&self) -> usize {
        self.paths.len()
    }

    /// Adds the groups whose requirement the payload may meet; some of them more than once.
    pub(super) fn find(&self, payload: &LazyDocument<'_>, steps: &mut Steps, found: &mut Vec<u32>) {
        for (path, groups) in &self.paths {
            let mut hits: Vec<&[u32]> = Vec::new();
            let looked_up = payload.get().map(|document| {
                let at = path.iter().try_fold(document.root(), |object, name| object.get(name));
                offered(at, steps, |value| hits.extend(groups.get(value).map(Vec::as_slice)))
            });
            if !matches!(looked_up, Some(Ok(()))) {
                hits = groups.values().map(Vec::as_slice).collect();
            }
            // A long list may offer one value very often.
            hits.sort_unstable_by_key(|groups| groups.as_ptr());
            hits.dedup_by_key(|groups| groups.as_ptr());
            found.extend(hits.into_iter().flatten());
        }
    }
}
