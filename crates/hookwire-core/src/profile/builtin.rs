//! The profiles that Hookwire comes with.

use super::Profile;

const FILES: [(&str, &str); 4] = [
    ("standard", include_str!("../../../../profiles/standard.toml")),
    ("featureos", include_str!("../../../../profiles/featureos.toml")),
    ("unleash", include_str!("../../../../profiles/unleash.toml")),
    ("flotiq", include_str!("../../../../profiles/flotiq.toml")),
];

/// All of them.
pub(super) fn all() -> [Profile; 4] {
    FILES.map(|(name, text)| Profile::parse(name, text).expect("a test reads every built-in profile"))
}
