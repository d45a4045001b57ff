//! The profiles that this server knows: the built-in ones, and those in the operator's folder.

use std::path::Path;

use anyhow::Context as _;
use hookwire_core::{Profile, Profiles};

/// All profiles; `folder` is empty when there are only the built-in ones.
pub(crate) fn load(folder: &str) -> anyhow::Result<Profiles> {
    let mut profiles = Profiles::builtin();
    if folder.is_empty() {
        return Ok(profiles);
    }
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {folder} (profiles.folder)"))?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    for file in files {
        profiles.insert(read(&file)?);
    }
    Ok(profiles)
}

/// The profile in a file, named after it.
pub(crate) fn read(file: &Path) -> anyhow::Result<Profile> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    Profile::parse(name, &text)
        .map_err(|error| anyhow::anyhow!("{}:{}: {}", file.display(), error.line, error.reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_adds_a_profile_or_takes_the_place_of_a_built_in_one() {
        let folder = tempfile::TempDir::new().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("mine.toml", "title = 'Mine'");
        write("flotiq.toml", "title = 'Another'");
        write("notes.txt", "not a profile");
        let profiles = load(folder.path().to_str().unwrap()).unwrap();
        let title = |name: &str| profiles.get(name).map(|profile| profile.title.clone());
        assert_eq!(title("mine").as_deref(), Some("Mine"));
        assert_eq!(title("flotiq").as_deref(), Some("Another"));
        assert_eq!((title("notes"), title("unleash").is_some()), (None, true));
    }

    #[test]
    fn a_mistake_is_told_with_file_and_line() {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("bad.toml"), "title = 'x'\nlog_limit = 0").unwrap();
        let told = load(folder.path().to_str().unwrap()).unwrap_err().to_string();
        assert!(told.contains("bad.toml:2: log_limit"), "{told}");
        assert!(load("/no/such/folder").unwrap_err().to_string().contains("profiles.folder"));
    }
}
