//! Tokens: how long they count, and how they are renewed.

use std::time::Duration;

use hookwire_core::limits::{
    OAUTH_ACCESS_LIFETIME, OAUTH_ACCESS_TOKENS_MAX, OAUTH_REFRESH_LIFETIME, OAUTH_USED_TOKENS_MAX,
};
use hookwire_core::oauth::{ActorMode, TokenKind};
use hookwire_store::oauth::{RefreshTokens, Refreshed};

use super::actors::{Stage, fresh, new_client, refreshing, scopes};
use crate::sure::Sure;
use crate::world::World;

pub(crate) async fn a_token_stands_for_its_install_until_it_ends(world: World) {
    let stage = Stage::new(&world).await;
    let (install, tokens) = stage.install_with(&world, None).await;
    let store = world.store();
    let access = store.token(tokens.access, world.now()).await.sure().sure();
    assert_eq!(
        (access.kind, access.install, access.client),
        (TokenKind::Access, install.key, stage.client.key)
    );
    assert_eq!((access.org, access.app), (world.org.clone(), stage.target.key));
    assert_eq!((access.user.as_str(), access.actor), ("u1", ActorMode::App));
    assert_eq!(access.scopes, scopes("posts:read webhooks:manage"));
    assert_eq!((access.issued, access.expires), (install.created, tokens.access_until));
    assert_eq!(store.token(tokens.access, tokens.access_until).await.sure(), None);
    let refresh = store.token(tokens.refresh, tokens.access_until).await.sure().sure();
    assert_eq!((refresh.kind, refresh.expires), (TokenKind::Refresh, tokens.refresh_until));
    assert_eq!(store.token(tokens.refresh, tokens.refresh_until).await.sure(), None);
    assert_eq!(store.token(fresh(), world.now()).await.sure(), None);
}

pub(crate) async fn a_token_has_no_scope_that_its_client_gave_up(world: World) {
    let stage = Stage::new(&world).await;
    let (_, tokens) = stage.install_with(&world, None).await;
    stage.change(&world, |change| change.scopes = Some(scopes("webhooks:manage posts:write"))).await;
    let access = world.store().token(tokens.access, world.now()).await.sure().sure();
    assert_eq!(access.scopes, scopes("webhooks:manage"));
}

pub(crate) async fn a_refresh_token_is_used_once_and_a_second_use_ends_them_all(world: World) {
    let stage = Stage::new(&world).await;
    let (install, first) = stage.install_with(&world, None).await;
    let store = world.store();
    let second = refreshing(&world, &stage.client, &first);
    let Refreshed::Done(access) = store.refresh_tokens(second.clone()).await.sure() else {
        panic!("refused")
    };
    assert_eq!((access.install, access.expires), (install.key, second.tokens.access_until));
    assert_eq!(store.token(second.tokens.access, world.now()).await.sure(), Some(access));
    assert!(store.token(first.access, world.now()).await.sure().is_some());
    assert_eq!(store.token(first.refresh, world.now()).await.sure(), None);
    let third = refreshing(&world, &stage.client, &second.tokens);
    assert!(matches!(store.refresh_tokens(third.clone()).await.sure(), Refreshed::Done(_)));
    let reuse = refreshing(&world, &stage.client, &first);
    assert_eq!(store.refresh_tokens(reuse.clone()).await.sure(), Refreshed::Reused);
    for tokens in [first, second.tokens, third.tokens, reuse.tokens] {
        assert_eq!(store.token(tokens.access, world.now()).await.sure(), None);
        assert_eq!(store.token(tokens.refresh, world.now()).await.sure(), None);
    }
    let last = refreshing(&world, &stage.client, &third.tokens);
    assert_eq!(store.refresh_tokens(last).await.sure(), Refreshed::Invalid);
    assert_eq!(stage.stored(&world, &install).await, Some(install));
}

pub(crate) async fn a_used_refresh_token_is_known_after_any_number_of_successors(world: World) {
    let stage = Stage::new(&world).await;
    let (_, first) = stage.install_with(&world, None).await;
    let store = world.store();
    let mut last = first;
    for _ in 0..OAUTH_USED_TOKENS_MAX + 2 {
        let next = refreshing(&world, &stage.client, &last);
        assert!(matches!(store.refresh_tokens(next.clone()).await.sure(), Refreshed::Done(_)));
        last = next.tokens;
    }
    // Nobody can use what they have in common as a token.
    assert_eq!(store.token(first.family, world.now()).await.sure(), None);
    let reuse = refreshing(&world, &stage.client, &first);
    assert_eq!(store.refresh_tokens(reuse).await.sure(), Refreshed::Reused);
    assert_eq!(store.token(last.access, world.now()).await.sure(), None);
    assert_eq!(store.token(last.refresh, world.now()).await.sure(), None);
}

pub(crate) async fn a_refused_refresh_changes_nothing(world: World) {
    let stage = Stage::new(&world).await;
    let (_, tokens) = stage.install_with(&world, None).await;
    let other = world.store().create_client(new_client(&stage.owner), world.now()).await.sure();
    let store = world.store();
    let right = || refreshing(&world, &stage.client, &tokens);
    for refresh in [
        RefreshTokens { refresh: tokens.access, ..right() },
        refreshing(&world, &stage.client, &super::actors::tokens(world.now())),
        RefreshTokens { client: other.key, ..right() },
        RefreshTokens { now: tokens.refresh_until, ..right() },
    ] {
        assert_eq!(store.refresh_tokens(refresh).await.sure(), Refreshed::Invalid);
    }
    let more = scopes("posts:read posts:write");
    let wide = RefreshTokens { scopes: Some(more.clone()), ..right() };
    assert_eq!(store.refresh_tokens(wide).await.sure(), Refreshed::Scope(more[1].clone()));
    let less = RefreshTokens { scopes: Some(scopes("posts:read")), ..right() };
    let Refreshed::Done(access) = store.refresh_tokens(less.clone()).await.sure() else { panic!("refused") };
    assert_eq!(access.scopes, scopes("posts:read"));
    // The next one may have everything again.
    let next = refreshing(&world, &stage.client, &less.tokens);
    let Refreshed::Done(access) = store.refresh_tokens(next).await.sure() else { panic!("refused") };
    assert_eq!(access.scopes, scopes("posts:read webhooks:manage"));
}

pub(crate) async fn only_the_latest_access_tokens_of_an_install_count(world: World) {
    let stage = Stage::new(&world).await;
    let (_, first) = stage.install_with(&world, None).await;
    let store = world.store();
    let (mut all, mut last) = (vec![first.access], first);
    for _ in 0..OAUTH_ACCESS_TOKENS_MAX {
        let words = refreshing(&world, &stage.client, &last);
        last = words.tokens;
        all.push(last.access);
        assert!(matches!(store.refresh_tokens(words).await.sure(), Refreshed::Done(_)));
    }
    assert_eq!(store.token(all[0], world.now()).await.sure(), None);
    for token in &all[1..] {
        assert!(store.token(*token, world.now()).await.sure().is_some());
    }
}

pub(crate) async fn tokens_of_a_suspended_client_do_not_count(world: World) {
    let stage = Stage::new(&world).await;
    let (_, tokens) = stage.install_with(&world, None).await;
    let store = world.store();
    stage.suspend(&world, true).await;
    assert_eq!(store.token(tokens.access, world.now()).await.sure(), None);
    let refresh = || refreshing(&world, &stage.client, &tokens);
    assert_eq!(store.refresh_tokens(refresh()).await.sure(), Refreshed::Invalid);
    stage.suspend(&world, false).await;
    assert!(store.token(tokens.access, world.now()).await.sure().is_some());
    assert!(matches!(store.refresh_tokens(refresh()).await.sure(), Refreshed::Done(_)));
}

pub(crate) async fn what_has_ended_is_tidied_up_step_by_step(world: World) {
    let stage = Stage::new(&world).await;
    let store = world.store();
    stage.consent(&world, None).await;
    stage.install_with(&world, None).await;
    let tidy = async |limit| store.tidy_oauth(world.now(), limit).await.sure().expired;
    assert_eq!(tidy(100).await, 0);
    world.pass(OAUTH_ACCESS_LIFETIME.max(Duration::from_mins(10)));
    // Two codes and an access token.
    assert_eq!(tidy(1).await, 2);
    assert_eq!(tidy(1).await, 1);
    assert_eq!(tidy(100).await, 0);
    world.pass(OAUTH_REFRESH_LIFETIME);
    // The refresh token, and what its family has in common.
    assert_eq!(tidy(100).await, 2);
    assert_eq!(tidy(100).await, 0);
}
