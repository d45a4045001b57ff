//! The two keys: configured, or made on first start and kept beside the store, readable by nobody else.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Config;
use crate::random;

const KEY_BYTES: usize = 48;
/// Anything shorter can be guessed.
const SECRET_CHARS_MIN: usize = 16;

/// The keys in effect.
pub(crate) struct Keys {
    pub(crate) jwt_secret: String,
    pub(crate) main_secret: String,
}

/// The folder that the store's file is in.
pub(crate) fn data_folder(store_url: &str) -> PathBuf {
    let folder = Path::new(store_url).parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_path_buf() }
}

/// The keys: from the configuration, or from their files, which are made when missing. Nodes of a database have no
/// folder in common, so there the configuration has to name them.
pub(crate) fn load_keys(config: &Config) -> anyhow::Result<Keys> {
    keys(config, make)
}

/// The keys that [`load_keys`] will find or make; nothing is made.
pub(crate) fn foreseen_keys(config: &Config) -> anyhow::Result<Keys> {
    keys(config, |_| Ok(random::text(KEY_BYTES)))
}

fn keys(config: &Config, missing: impl Fn(&Path) -> anyhow::Result<String>) -> anyhow::Result<Keys> {
    if config.store.is_database() {
        for (name, key) in
            [("auth.jwt_secret", &config.auth.jwt_secret), ("auth.main_secret", &config.auth.main_secret)]
        {
            anyhow::ensure!(
                !key.is_empty(),
                "{name} must be set when the store is a database, and to the same on every node; \
                 `hookwire key generate` makes one"
            );
        }
    }
    let folder = data_folder(&config.store.url);
    let jwt_secret = load(&config.auth.jwt_secret, "auth.jwt_secret", &folder.join("jwt_secret"), &missing)?;
    let main_secret =
        load(&config.auth.main_secret, "auth.main_secret", &folder.join("main_secret"), &missing)?;
    Ok(Keys { jwt_secret, main_secret })
}

/// The main secret of the store in this file: the configured one, or the one that lies beside it.
pub(crate) fn main_secret_of(config: &Config, store: &Path) -> anyhow::Result<String> {
    let file = data_folder(&store.to_string_lossy()).join("main_secret");
    anyhow::ensure!(
        !config.auth.main_secret.is_empty() || file.is_file(),
        "the main secret of {} is needed: there is no {}, so set auth.main_secret",
        store.display(),
        file.display()
    );
    load(&config.auth.main_secret, "auth.main_secret", &file, make)
}

fn load(
    configured: &str,
    name: &str,
    file: &Path,
    missing: impl Fn(&Path) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    if !configured.is_empty() {
        anyhow::ensure!(
            configured.len() >= SECRET_CHARS_MIN,
            "{name} must be at least {SECRET_CHARS_MIN} characters long"
        );
        return Ok(configured.to_owned());
    }
    match std::fs::read_to_string(file) {
        Ok(text) => {
            let mode = std::fs::metadata(file)?.permissions().mode();
            anyhow::ensure!(
                mode.trailing_zeros() >= 6,
                "{} can be read by others: run chmod 600 on it",
                file.display()
            );
            let text = text.trim();
            anyhow::ensure!(text.len() >= SECRET_CHARS_MIN, "{} holds no valid key", file.display());
            Ok(text.to_owned())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing(file),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

fn make(file: &Path) -> anyhow::Result<String> {
    let secret = random::text(KEY_BYTES);
    let write = || -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut handle = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        writeln!(handle, "{secret}")?;
        handle.sync_all()
    };
    write().with_context(|| format!("cannot make the key file {}", file.display()))?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_in(folder: &Path) -> Config {
        let mut config = Config::default();
        config.store.url = folder.join("data/hookwire.db").to_string_lossy().into_owned();
        config
    }

    #[test]
    fn keys_are_made_once_and_nobody_else_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let config = config_in(folder.path());
        let first = load_keys(&config).unwrap();
        assert_eq!(load_keys(&config).unwrap().jwt_secret, first.jwt_secret);
        assert_ne!(first.jwt_secret, first.main_secret);
        let mode = std::fs::metadata(folder.path().join("data/main_secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn looking_ahead_makes_no_keys_and_finds_the_same_faults() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config_in(folder.path());
        foreseen_keys(&config).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let made = load_keys(&config).unwrap();
        assert_eq!(foreseen_keys(&config).unwrap().jwt_secret, made.jwt_secret);
        config.auth.jwt_secret = "short".to_owned();
        assert!(foreseen_keys(&config).err().unwrap().to_string().contains("auth.jwt_secret"));
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = config_in(folder.path());
        load_keys(&config).unwrap();
        let file = folder.path().join("data/jwt_secret");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load_keys(&config).err().unwrap().to_string().contains("chmod 600"));
    }

    #[test]
    fn with_a_database_both_keys_must_be_configured() {
        let mut config = Config::default();
        config.store.url = "postgres://user:canary@host/database".to_owned();
        config.auth.jwt_secret = "0123456789-0123456789".to_owned();
        let told = load_keys(&config).err().unwrap().to_string();
        assert!(told.contains("auth.main_secret") && !told.contains("canary"), "{told}");
        config.auth.main_secret = "9876543210-9876543210".to_owned();
        assert_eq!(load_keys(&config).unwrap().main_secret, config.auth.main_secret);
    }

    #[test]
    fn a_short_configured_secret_is_refused() {
        let mut config = Config::default();
        config.auth.jwt_secret = "short".to_owned();
        assert!(load_keys(&config).err().unwrap().to_string().contains("auth.jwt_secret"));
    }
}
