//! Variables that Kubernetes puts into every container of a namespace that has a Service called `hookwire…`.

/// Whether this is such a variable. Those with an address hold a URL, so `HOOKWIRE_SERVER_PORT=8071` is none of them.
///
/// For a Service `hookwire` with port 8071: `HOOKWIRE_SERVICE_HOST`, `HOOKWIRE_SERVICE_PORT`,
/// `HOOKWIRE_SERVICE_PORT_<NAME>`, `HOOKWIRE_PORT`, `HOOKWIRE_PORT_8071_TCP` and, with that as the stem, `_PROTO`,
/// `_PORT` and `_ADDR`.
pub(super) fn is_service_link(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") {
        return true;
    }
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_number(value);
    }
    if let Some(stem) = ["_PROTO", "_PORT", "_ADDR"].iter().find_map(|end| name.strip_suffix(end))
        && names_a_port(stem)
    {
        return true;
    }
    (name.ends_with("_PORT") || names_a_port(name)) && is_address(value)
}

/// Whether the name ends in `_PORT_<number>_<protocol>`.
fn names_a_port(name: &str) -> bool {
    let Some((_, after)) = name.rsplit_once("_PORT_") else { return false };
    let Some((number, protocol)) = after.split_once('_') else { return false };
    is_number(number) && ["TCP", "UDP", "SCTP"].contains(&protocol)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_service_link_is_known() {
        for service in ["HOOKWIRE", "HOOKWIRE_API", "HOOKWIRE_SERVER", "HOOKWIRE_STORE_2"] {
            for (end, value) in [
                ("SERVICE_HOST", "10.0.171.239"),
                ("SERVICE_PORT", "8071"),
                ("SERVICE_PORT_HTTP", "8071"),
                ("SERVICE_PORT_GRPC_WEB", "8071"),
                ("PORT", "tcp://10.0.171.239:8071"),
                ("PORT_8071_TCP", "tcp://10.0.171.239:8071"),
                ("PORT_8071_TCP_PROTO", "tcp"),
                ("PORT_8071_TCP_PORT", "8071"),
                ("PORT_8071_TCP_ADDR", "10.0.171.239"),
                ("PORT_53_UDP", "udp://[fd00::1]:53"),
                ("PORT_53_UDP_ADDR", "fd00::1"),
                ("PORT_9_SCTP", "sctp://10.0.171.239:9"),
            ] {
                assert!(is_service_link(&format!("{service}_{end}"), value), "{service}_{end}");
            }
        }
    }

    #[test]
    fn settings_and_mistakes_are_none() {
        for (name, value) in [
            ("HOOKWIRE_SERVER_PORT", "8071"),
            ("HOOKWIRE_PORT", "8071"),
            ("HOOKWIRE_PORT_8071_TCP", "8071"),
            ("HOOKWIRE_PORT_X_TCP_ADDR", "10.0.0.1"),
            ("HOOKWIRE_PORT_80_QUIC_ADDR", "10.0.0.1"),
            ("HOOKWIRE_SERVICE_PORT", "tcp"),
            ("HOOKWIRE_SERVER_LISTEN", "0.0.0.0:8071"),
            ("HOOKWIRE_SERVER_HOST", "0.0.0.0"),
        ] {
            assert!(!is_service_link(name, value), "{name}={value}");
        }
    }
}
