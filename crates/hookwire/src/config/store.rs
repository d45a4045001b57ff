//! The section `store`: a file or a database, and what may be said of each.

use std::path::Path;
use std::time::Duration;

use super::sections::StoreSection;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const NODE_NAME_CHARS_MAX: usize = 100;

/// What everything is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// A file, which one process has to itself.
    File(&'a Path),
    /// A PostgreSQL database, by its URL.
    Database(&'a str),
}

impl<'a> Place<'a> {
    /// What the value of this setting or option means. Refuses what looks like a mistyped URL: it may hold a password,
    /// which as a path would become the name of a file. The value itself is never told.
    pub(crate) fn named(name: &str, url: &'a str) -> anyhow::Result<Self> {
        let place = Self::of(url);
        anyhow::ensure!(
            matches!(place, Self::Database(_)) || !looks_like_url(url),
            "{name} must be the path of a file, for example hookwire-data/hookwire.db, or a database, \
             postgres://user:password@host:port/database; it looks like a URL of some other kind, and is not shown, as \
             it may hold a password (a path with a colon can be written ./like:this)"
        );
        Ok(place)
    }

    /// What this `store.url` means.
    pub(crate) fn of(url: &'a str) -> Self {
        if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            Self::Database(url)
        } else {
            Self::File(Path::new(url))
        }
    }
}

/// Whether it was hardly meant as the path of a file: `scheme:…`, `…://…` or `…user:password@…`.
fn looks_like_url(text: &str) -> bool {
    if text.starts_with(['/', '.']) {
        return text.contains("://");
    }
    let first = text.split('/').next().unwrap_or_default();
    let holds_password = text.split_once(':').is_some_and(|(_, rest)| rest.contains('@'));
    first.contains(':') || text.contains("://") || holds_password
}

impl StoreSection {
    /// Whether nodes can share it.
    pub(crate) fn is_database(&self) -> bool {
        matches!(Place::of(&self.url), Place::Database(_))
    }

    /// Checks what types alone can't.
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.url.is_empty(), "store.url must not be empty");
        Place::named("store.url", &self.url)?;
        anyhow::ensure!(self.connections >= 2, "store.connections must be at least 2");
        for (name, value) in [
            ("store.ingest_connections", self.ingest_connections),
            ("store.settle_connections", self.settle_connections),
        ] {
            anyhow::ensure!((1..=64).contains(&value), "{name} must lie between 1 and 64 (it is {value})");
        }
        let allowed = Duration::from_secs(4)..=Duration::from_mins(1);
        anyhow::ensure!(
            allowed.contains(&self.silence_max.0),
            "store.silence_max must lie between 4s and 60s (it is {})",
            self.silence_max
        );
        anyhow::ensure!(
            self.node_name.chars().count() <= NODE_NAME_CHARS_MAX,
            "store.node_name must be at most {NODE_NAME_CHARS_MAX} characters long"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown::masked_url;
    use super::*;

    fn told(url: &str) -> String {
        let section = StoreSection { url: url.to_owned(), ..StoreSection::default() };
        section.validate().map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_store_is_a_path_or_a_postgres_url() {
        for url in ["data/hookwire.db", "/var/lib/hookwire.db", "postgres://u:p@h/d", "postgresql://h/d"] {
            assert_eq!(told(url), "");
        }
        assert_eq!(Place::of("postgres.db"), Place::File(Path::new("postgres.db")));
        assert!(told("").contains("store.url"));
    }

    #[test]
    fn a_mistyped_url_is_not_taken_for_a_path_and_not_shown() {
        for url in [
            "mysql://user:canary@host/d",
            "postgres:/user:canary@host/d",
            "postgres:user:canary@host/d",
            "postgresql:/user:canary@host/d",
            "POSTGRES://user:canary@host/d",
            " postgres://user:canary@host/d",
            "\"postgres://user:canary@host/d\"",
            "postgres//user:canary@host/d",
            "user:canary@host/d",
            "/postgres://user:canary@host/d",
            "postgres:host/d",
            "sqlite:hookwire.db",
        ] {
            let wrong = told(url);
            assert!(wrong.contains("store.url") && wrong.contains("postgres://"), "{url}: {wrong}");
            assert!(!wrong.contains("canary"), "{wrong}");
        }
        for path in ["./at:12.db", "/data/a:b@c/hookwire.db", "data/at-12:00.db", "a@b.db"] {
            assert_eq!(told(path), "");
        }
    }

    #[test]
    fn numbers_out_of_their_range_are_refused_with_the_range() {
        let default = StoreSection::default;
        let silent =
            StoreSection { silence_max: super::super::duration::Span(Duration::from_secs(1)), ..default() };
        assert!(silent.validate().unwrap_err().to_string().contains("between 4s and 60s"));
        let few = StoreSection { connections: 1, ..default() };
        assert!(few.validate().unwrap_err().to_string().contains("store.connections"));
        let none = StoreSection { settle_connections: 0, ..default() };
        assert!(none.validate().unwrap_err().to_string().contains("store.settle_connections"));
    }

    #[test]
    fn a_password_is_masked_wherever_it_stands() {
        for (url, masked) in [
            ("postgres://u:canary@h:5/d", "postgres://u:***@h:5/d"),
            ("postgres://u:can@ary@h/d", "postgres://u:***@h/d"),
            (
                "postgres://h/d?user=u&password=canary&sslmode=require",
                "postgres://h/d?user=u&password=***&sslmode=require",
            ),
            ("postgres://u@h/d", "postgres://u:***@h/d"),
            ("data/hookwire.db", "data/hookwire.db"),
        ] {
            assert_eq!(masked_url(url), masked);
        }
    }
}
