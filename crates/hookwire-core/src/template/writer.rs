//! Writes what a template asks for beside the payload, as JSON text.

use super::Template;
use super::asked::Field;
use crate::Metadata;
use crate::id::Key;

/// A JSON object of objects under construction.
pub(super) struct Writer<'t> {
    template: &'t Template,
    /// A comma follows every value; the end of an object takes away the last one.
    text: String,
}

impl<'t> Writer<'t> {
    /// An empty object.
    pub(super) fn new(template: &'t Template) -> Self {
        let mut text = String::with_capacity(512);
        text.push('{');
        Self { template, text }
    }

    /// The text.
    pub(super) fn finish(mut self) -> String {
        self.close();
        self.text.pop();
        self.text
    }

    /// An object of that name, if any of its fields is asked for.
    pub(super) fn object(&mut self, root: &str, fields: impl FnOnce(&mut Self)) {
        if self.template.asked.has_any(root) {
            self.name(root);
            self.text.push('{');
            fields(self);
            self.close();
        }
    }

    /// Whether a field is asked for.
    pub(super) fn asks(&self, field: Field) -> bool {
        self.template.asked.has(field)
    }

    /// A field, if it is asked for.
    pub(super) fn field(&mut self, field: Field, value: impl FnOnce(&mut Self)) {
        if self.asks(field) {
            self.name(field.name());
            value(self);
            self.text.push(',');
        }
    }

    /// A key's public form.
    pub(super) fn id(&mut self, key: impl Key) {
        self.text.push('"');
        key.push_public(&mut self.text);
        self.text.push('"');
    }

    pub(super) fn string(&mut self, text: &str) {
        if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            self.text.push_str(&serde_json::to_string(text).expect("a string can be written"));
        } else {
            self.text.push('"');
            self.text.push_str(text);
            self.text.push('"');
        }
    }

    pub(super) fn string_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.text.push_str("null"),
        }
    }

    pub(super) fn strings<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        self.text.push('[');
        for text in texts {
            self.string(text);
            self.text.push(',');
        }
        self.trim();
        self.text.push(']');
    }

    pub(super) fn labels(&mut self, labels: &Metadata) {
        self.text.push('{');
        for (name, value) in labels {
            self.string(name);
            self.text.push(':');
            self.string(value);
            self.text.push(',');
        }
        self.trim();
        self.text.push('}');
    }

    pub(super) fn number(&mut self, number: impl std::fmt::Display) {
        use std::fmt::Write as _;
        write!(self.text, "{number}").expect("a string takes everything");
    }

    /// A name of ours, which needs no escapes.
    fn name(&mut self, name: &str) {
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    fn close(&mut self) {
        self.trim();
        self.text.push_str("},");
    }

    fn trim(&mut self) {
        if self.text.ends_with(',') {
            self.text.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Escape;
    use super::*;

    #[test]
    fn what_is_asked_for_is_written_as_json() {
        let source =
            "{{message.tags}}{{message.channels}}{{endpoint.metadata}}{{endpoint.uid}}{{attempt.number}}";
        let template = Template::compile(source, Escape::Json).unwrap();
        let mut writer = Writer::new(&template);
        writer.object("message", |own| {
            own.field(Field::MessageTags, |own| own.strings(["a", "\"b\n,"].into_iter()));
            own.field(Field::MessageChannels, |own| own.strings(std::iter::empty()));
            own.field(Field::MessageId, |_| unreachable!("nobody asks for it"));
        });
        writer.object("app", |_| unreachable!("nobody asks for it"));
        writer.object("endpoint", |own| {
            let labels = [("a", "1"), ("ends with ,", "\\")].map(|(name, value)| (name.into(), value.into()));
            own.field(Field::EndpointMetadata, |own| own.labels(&labels.into()));
            own.field(Field::EndpointUid, |own| own.string_or_null(None));
        });
        writer.object("attempt", |own| own.field(Field::AttemptNumber, |own| own.number(7)));
        let expected = r#"{"message":{"tags":["a","\"b\n,"],"channels":[]},"endpoint":{"metadata":{"a":"1","ends with ,":"\\"},"uid":null},"attempt":{"number":7}}"#;
        assert_eq!(writer.finish(), expected);
        assert_eq!(Writer::new(&template).finish(), "{}");
    }
}
