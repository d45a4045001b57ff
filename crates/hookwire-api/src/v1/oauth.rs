//! App webhooks over OAuth: clients, consent, tokens, installs.

mod apps;
mod authenticate;
mod authorize;
mod consent;
mod error;
mod form;
mod grant;
mod html;
mod installs;
mod introspect;
mod lifecycle;
mod member;
mod redirect;
mod register;
mod ticket;
mod token;
mod wire;

use crate::operation::{Access, Operation, PAGE, ParamKind, Repeats, delete, get, only, patch, post};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = of_clients();
    all.extend(of_consent());
    all.extend(of_tokens());
    all.extend(of_installs());
    all
}

fn of_clients() -> Vec<Operation> {
    vec![
        post("oauth.register_app", "/oauth/apps", register::register)
            .says("Register an OAuth client; its secrets are shown this once")
            .access(Access::User)
            .body::<register::ClientIn>()
            .answers::<register::RegisteredOut>(201),
        get("oauth.list_apps", "/oauth/apps", apps::list)
            .says("List the OAuth clients that the application owns")
            .access(Access::User)
            .params(&[PAGE])
            .lists::<wire::ClientOut>(),
        get("oauth.get_app", "/oauth/apps/{client_id}", apps::get)
            .says("Get an OAuth client")
            .access(Access::User)
            .answers::<wire::ClientOut>(200),
        patch("oauth.patch_app", "/oauth/apps/{client_id}", apps::patch)
            .says("Change an OAuth client; every install's endpoint follows")
            .access(Access::User)
            .body::<apps::ClientPatch>()
            .answers::<wire::ClientOut>(200),
        delete("oauth.delete_app", "/oauth/apps/{client_id}", apps::delete)
            .says("Delete an OAuth client with all its installs")
            .access(Access::User)
            .answers_nothing(204),
        post("oauth.suspend_app", "/oauth/apps/{client_id}/suspend", lifecycle::suspend)
            .says("Suspend an OAuth client: its tokens count no more, its installs' endpoints go")
            .access(Access::User)
            .answers::<wire::ClientOut>(200),
        post("oauth.resume_app", "/oauth/apps/{client_id}/resume", lifecycle::resume)
            .says("Resume an OAuth client: its installs get endpoints again")
            .access(Access::User)
            .answers::<wire::ClientOut>(200),
        post(
            "oauth.rotate_webhook_secret",
            "/oauth/apps/{client_id}/webhook_secret/rotate",
            lifecycle::rotate,
        )
        .says("Put a new webhook signing secret in place; the old one goes on signing for a while")
        .access(Access::User)
        .body::<lifecycle::RotateIn>()
        .answers::<lifecycle::RotatedOut>(200),
    ]
}

fn of_consent() -> Vec<Operation> {
    vec![
        post("oauth.consent", "/oauth/authorize/consent", consent::consent)
            .says("Consent to an OAuth client on behalf of an application")
            .access(Access::User)
            .repeats(Repeats::Harmless)
            .body::<consent::ConsentIn>()
            .answers::<consent::ConsentOut>(200),
        post("oauth.authorize", "/oauth/authorize", authorize::page)
            .access(Access::Open)
            .repeats(Repeats::ByHandler)
            .hidden(),
        post("oauth.decide", "/oauth/authorize/decision", authorize::decide)
            .access(Access::Open)
            .repeats(Repeats::ByHandler)
            .hidden(),
    ]
}

fn of_tokens() -> Vec<Operation> {
    vec![
        post("oauth.token", "/oauth/token", token::token)
            .says("Redeem an authorization code or a refresh token (RFC 6749)")
            .access(Access::Client)
            .form::<token::TokenIn>()
            .answers::<token::TokenOut>(200)
            .answers::<error::OauthErrorBody>(400)
            .answers::<error::OauthErrorBody>(401)
            .answers::<error::OauthErrorBody>(429),
        post("oauth.revoke", "/oauth/revoke", introspect::revoke)
            .says("Revoke a token (RFC 7009): the install that it belongs to ends")
            .access(Access::Client)
            .form::<introspect::RevokeIn>()
            .answers_nothing(200)
            .answers::<error::OauthErrorBody>(400)
            .answers::<error::OauthErrorBody>(401)
            .answers::<error::OauthErrorBody>(429),
        post("oauth.introspect", "/oauth/introspect", introspect::introspect)
            .says("Ask what a token stands for (RFC 7662): with an organization's token, or as the client itself")
            .access(Access::Client)
            .form::<introspect::IntrospectIn>()
            .answers::<introspect::IntrospectOut>(200)
            .answers::<error::OauthErrorBody>(400)
            .answers::<error::OauthErrorBody>(401)
            .answers::<error::OauthErrorBody>(429),
    ]
}

fn of_installs() -> Vec<Operation> {
    let client_id =
        only("client_id", ParamKind::Text, "The installs of this client, which the application owns.");
    vec![
        get("oauth.list_installs", "/oauth/installs", installs::list)
            .says("List what the application has installed, or who installed its client")
            .access(Access::User)
            .params(&[PAGE, &client_id])
            .lists::<wire::InstallOut>(),
        get("oauth.get_install", "/oauth/installs/{install_id}", installs::get)
            .says("Get an install")
            .access(Access::User)
            .answers::<wire::InstallOut>(200),
        delete("oauth.revoke_install", "/oauth/installs/{install_id}", installs::revoke)
            .says("Revoke an install: its endpoint and its tokens go")
            .access(Access::User)
            .answers_nothing(204),
    ]
}
