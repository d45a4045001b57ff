//! Which of the fields beside the payload a template asks for: only these are made for a delivery.

/// A field that templates find beside the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    EventType,
    EventId,
    EventTimestamp,
    EventAlias,
    MessageId,
    MessageEventId,
    MessageEventType,
    MessageAlias,
    MessageChannels,
    MessageTags,
    MessageTimestamp,
    MessageCreated,
    EndpointId,
    EndpointUid,
    EndpointName,
    EndpointUrl,
    EndpointDescription,
    EndpointMetadata,
    AppId,
    AppUid,
    AppName,
    AttemptNumber,
}

/// Every field with its root and its name there.
const FIELDS: [(Field, &str, &str); 22] = [
    (Field::EventType, "event", "type"),
    (Field::EventId, "event", "id"),
    (Field::EventTimestamp, "event", "timestamp"),
    (Field::EventAlias, "event", "alias"),
    (Field::MessageId, "message", "id"),
    (Field::MessageEventId, "message", "eventId"),
    (Field::MessageEventType, "message", "eventType"),
    (Field::MessageAlias, "message", "alias"),
    (Field::MessageChannels, "message", "channels"),
    (Field::MessageTags, "message", "tags"),
    (Field::MessageTimestamp, "message", "timestamp"),
    (Field::MessageCreated, "message", "created"),
    (Field::EndpointId, "endpoint", "id"),
    (Field::EndpointUid, "endpoint", "uid"),
    (Field::EndpointName, "endpoint", "name"),
    (Field::EndpointUrl, "endpoint", "url"),
    (Field::EndpointDescription, "endpoint", "description"),
    (Field::EndpointMetadata, "endpoint", "metadata"),
    (Field::AppId, "app", "id"),
    (Field::AppUid, "app", "uid"),
    (Field::AppName, "app", "name"),
    (Field::AttemptNumber, "attempt", "number"),
];

impl Field {
    /// Its name in its object.
    pub(super) const fn name(self) -> &'static str {
        FIELDS[self as usize].2
    }
}

/// A set of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asked(u32);

impl Asked {
    /// A name begins with this root, followed by this part. Without one the whole object is asked for: it may be shown
    /// as JSON, or a section's names may be looked for in it.
    pub(super) fn add(&mut self, root: &str, part: Option<&str>) {
        let (root, part) = if root == "eventJson" { ("event", None) } else { (root, part) };
        for (field, own_root, name) in FIELDS {
            if own_root == root && part.is_none_or(|part| part == name) {
                self.0 |= 1 << field as u32;
            }
        }
    }

    /// Whether the field is in it.
    pub(super) const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// Whether any field of that root is in it.
    pub(super) fn has_any(self, root: &str) -> bool {
        FIELDS.iter().any(|(field, own_root, _)| *own_root == root && self.has(*field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(names: &[(&str, Option<&str>)]) -> Vec<&'static str> {
        let mut asked = Asked::default();
        for (root, part) in names {
            asked.add(root, *part);
        }
        FIELDS.iter().filter(|(field, ..)| asked.has(*field)).map(|(_, _, name)| *name).collect()
    }

    #[test]
    fn fields_stand_at_their_own_place() {
        for (index, (field, _, name)) in FIELDS.iter().enumerate() {
            assert_eq!((*field as usize, field.name()), (index, *name));
        }
    }

    #[test]
    fn a_field_is_asked_for_by_its_name_or_with_its_whole_object() {
        assert_eq!(asked(&[("app", Some("uid")), ("attempt", Some("none")), ("other", None)]), ["uid"]);
        assert_eq!(asked(&[("app", None)]), ["id", "uid", "name"]);
        assert_eq!(asked(&[("eventJson", Some("x"))]), asked(&[("event", None)]));
        let mut some = Asked::default();
        some.add("app", Some("id"));
        assert!(some.has_any("app") && !some.has_any("endpoint"));
    }
}
