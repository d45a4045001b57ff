//! `hookwire key`: makes secrets and key pairs.

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookwire_core::Secret;

use crate::cli::Key;
use crate::random;

const SECRET_BYTES: usize = 48;

pub(super) fn run(command: Key) -> anyhow::Result<ExitCode> {
    match command {
        Key::Generate => println!("{}", random::text(SECRET_BYTES)),
        Key::Ed25519 => {
            let mut seed = [0; 32];
            random::fill(&mut seed);
            let pair = ed25519_dalek::SigningKey::from_bytes(&seed).to_keypair_bytes();
            let secret = Secret::parse(&format!("whsk_{}", STANDARD.encode(pair)))?;
            println!("{}\n{}", *secret.expose(), secret.verification_key());
        }
    }
    Ok(ExitCode::SUCCESS)
}
