//! URL forms that must pass, and the many spellings of addresses that must not.

use super::*;

fn policy(subnets: &[&str]) -> AddressPolicy {
    AddressPolicy::new(subnets.iter().map(|net| net.parse().expect("a subnet")).collect())
}

fn parse(text: &str) -> Result<TargetUrl, TargetError> {
    TargetUrl::parse(text, &policy(&[]), false)
}

fn kind(text: &str) -> &'static str {
    match parse(text) {
        Ok(_) => "ok",
        Err(error) => error.kind().name(),
    }
}

#[track_caller]
fn all_are(expected: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(kind(text), expected, "{text:?}");
    }
}

#[test]
fn ordinary_urls_are_accepted() {
    all_are(
        "ok",
        &[
            "https://example.com",
            "https://example.com/",
            "http://example.com/hooks?a=1&b=%20",
            "HTTPS://EXAMPLE.COM/Hook",
            "https://example.com:8443/x",
            "https://example.com:443/x",
            "http://example.com:80",
            "http://example.com:65535",
            "https://example.com./x",
            "https://sub.under_score.example.com/x",
            "https://xn--mnchen-3ya.de/",
            "https://münchen.de/",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]:8443/x",
            "https://[::ffff:8.8.8.8]/",
            "http://134744072/",
            "https://example.com/a/../b",
            "https://example.com/%0d%0aX:y",
            "https://example.com/%zz/%ff",
            "https://example.com/path|pipe^caret`tick{brace}\"quote'<angle>",
            "https://example.com?query={a}|b",
            "https://example.com/#fragment",
            "https://example.com/ünï/💥",
            "https://intranet/x",
            "https://user:pass@example.com/x",
            "https://localhost.example.com/",
            "https://mylocalhost/",
            "https://example.com:/x",
        ],
    );
}

#[test]
fn every_spelling_of_a_special_address_is_refused() {
    all_are(
        "address",
        &[
            // Loopback in decimal, hexadecimal, octal, short and mixed forms.
            "http://127.0.0.1",
            "http://127.0.0.1./",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0X7F000001/",
            "http://017700000001/",
            "http://0x7f.1/",
            "http://127.1/",
            "http://127.0.0.0x/",
            "http://127.0.1/",
            "http://0177.0.0.1/",
            "http://0177.0x0.0.01/",
            "http://00000177.0.0.1/",
            "http://127.255.255.254/",
            "http://0/",
            "http://0.0.0.0/",
            "http://0x0/",
            // Digits and dots of other scripts.
            "http://①②⑦.⓪.⓪.①/",
            "http://127.0.0.1/",
            "http://127。0。0。1/",
            "http://127.0.0.1/",
            "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
            "http://%31%32%37.0.0.1/",
            "http://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/",
            "http://127%2e0%2e0%2e1/",
            // Private, link-local and cloud addresses.
            "http://10.0.0.1/",
            "http://10.1/",
            "http://0xa000001/",
            "http://167772161/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://192.168.257/",
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://168.63.129.16/",
            "http://100.100.100.200/",
            "http://192.0.0.192/",
            "http://198.18.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://240.0.0.1/",
            // IPv6 and the forms with an IPv4 address inside.
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[0000::0001]:8080/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:10.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[fc00::1]/",
            "http://[fd00:ec2::254]/",
            "http://[ff02::1]/",
            "http://[2001:db8::1]/",
            "http://[::5efe:127.0.0.1]/",
            // Names that mean loopback.
            "http://localhost/",
            "http://LOCALHOST:8080/",
            "http://localhost./",
            "http://app.localhost/",
            "http://a.b.localhost./",
            "http://loc%61lhost/",
            "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
            "http://localhost/",
            "http://lo\u{ad}calhost/",
            // The host is what stands after the last @ and before the first slash.
            "http://example.com@127.0.0.1/",
            "http://example.com:80@127.0.0.1/",
            "http://user:pass@[::1]/",
            "http://a@b@127.0.0.1/",
            "http://example.com%40127.0.0.1@10.0.0.1/",
            "http://127.0.0.1#@example.com/",
            "http://127.0.0.1?@example.com/",
            "http://127.0.0.1/@example.com/",
        ],
    );
}

#[test]
fn only_http_and_https_are_schemes() {
    all_are(
        "scheme",
        &[
            "",
            "example.com",
            "//example.com/",
            "/path",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "javascript:alert(1)",
            "data:text/plain,x",
            "ws://example.com/",
            "wss://example.com/",
            "unix:/run/docker.sock",
            "httpx://example.com/",
            "http+unix://example.com/",
            "jar:http://example.com!/",
            "ldap://example.com/",
            "example.com:443",
            "https",
        ],
    );
    let error = TargetUrl::parse("http://example.com/", &policy(&[]), true).unwrap_err();
    assert_eq!(error.to_string(), "The URL must start with https://; http:// is not allowed here.");
    assert!(TargetUrl::parse("https://example.com/", &policy(&[]), true).is_ok());
}

#[test]
fn what_a_browser_would_mend_is_refused() {
    all_are(
        "syntax",
        &[
            " https://example.com/",
            "https://example.com/ ",
            "https://exam ple.com/",
            "https://example.com/a b",
            "ht\ttps://example.com/",
            "https://exa\tmple.com/",
            "https://example.com/\r\nX-Injected: 1",
            "https://example.com/\n",
            "https://example.com/\0",
            "https://example.com/\u{7f}",
            "https://example.com/\u{85}",
            "https://example.com/\u{2028}",
            "https://example.com/\u{3000}",
            "https:\\\\example.com\\",
            "https://example.com\\@127.0.0.1/",
            "https:/\\example.com/",
            "https:example.com",
            "https:/example.com",
            "http:127.0.0.1",
            "https://us%3Aer:pass@example.com/",
        ],
    );
}

#[test]
fn hosts_that_are_no_names_are_refused() {
    let label = "a".repeat(64);
    all_are(
        "host",
        &[
            "https://",
            "https:///example.com",
            "https:////example.com",
            "https://?x",
            "https://#x",
            "https://user@/x",
            "https://user:pass@:80/",
            "https://:443/",
            "https://a..b/",
            "https://.example.com/",
            "https://./",
            "https://../",
            "https://exa<mple.com/",
            "https://exa%00mple.com/",
            "https://exa%20mple.com/",
            "https://exa%0d%0ample.com/",
            "https://exa%2fmple.com/",
            "https://exa%5cmple.com/",
            "https://exa%23mple.com/",
            "https://[::1",
            "https://[fe80::1%25eth0]/",
            "https://[::ffff:999.0.0.1]/",
            "https://[127.0.0.1]/",
            "https://[]/",
            "https://256.0.0.1/",
            "https://1.2.3.4.5/",
            "https://0x100000000/",
            "https://127.0.0.09/",
            "https://xn--/",
            &format!("https://{label}.example.com/"),
            &format!("https://{}example.com/", "abcdefg.".repeat(32)),
        ],
    );
}

#[test]
fn ports_of_other_protocols_are_refused_until_a_subnet_is_allowed() {
    for port in
        [1, 22, 23, 25, 53, 110, 143, 445, 465, 587, 993, 995, 1433, 3306, 5432, 6379, 6667, 11211, 27017]
    {
        let url = format!("http://example.com:{port}/");
        assert_eq!(kind(&url), "port", "{port}");
        assert!(TargetUrl::parse(&url, &policy(&["10.0.0.0/8"]), false).is_ok(), "{port}");
    }
    all_are(
        "port",
        &[
            "http://example.com:0/",
            "http://example.com:65536/",
            "http://example.com:99999999999/",
            "http://example.com:8o/",
            "http://example.com:-1/",
            "http://example.com:80:80/",
            "http://example.com:+80/",
        ],
    );
    assert!(TargetUrl::parse("http://example.com:0/", &policy(&["10.0.0.0/8"]), false).is_err());
}

#[test]
fn an_allowed_subnet_opens_literals_and_localhost() {
    let open = policy(&["127.0.0.0/8"]);
    for text in
        ["http://127.0.0.1:8071/x", "http://localhost:8071/", "http://app.localhost/", "http://0x7f.1/"]
    {
        assert!(TargetUrl::parse(text, &open, false).is_ok(), "{text}");
    }
    for text in ["http://10.0.0.1/", "http://[::1]/"] {
        assert!(TargetUrl::parse(text, &open, false).is_err(), "{text}");
    }
}

#[test]
fn the_length_limit_counts_what_is_sent() {
    let fits = format!("https://example.com/{}", "a".repeat(URL_BYTES_MAX - 20));
    assert_eq!(kind(&fits), "ok");
    assert_eq!(kind(&format!("{fits}a")), "too_long");
    // Each of these two-byte letters is sent as six bytes.
    assert_eq!(kind(&format!("https://example.com/{}", "ü".repeat(400))), "too_long");
}

#[test]
fn the_parts_are_those_of_the_request() {
    let target = parse("https://Example.COM:8443/a/../b%20c?q=1#frag").unwrap();
    assert_eq!(target.scheme(), Scheme::Https);
    assert_eq!((target.host(), target.port(), target.address()), ("example.com", 8443, None));
    assert_eq!((target.authority(), target.path_and_query()), ("example.com:8443", "/b%20c?q=1"));
    assert_eq!(target.to_string(), "https://example.com:8443/b%20c?q=1");

    let target = parse("http://[::ffff:8.8.8.8]:80").unwrap();
    assert_eq!((target.host(), target.authority()), ("[::ffff:808:808]", "[::ffff:808:808]"));
    assert_eq!((target.port(), target.path_and_query()), (80, "/"));
    assert_eq!(target.address(), Some("::ffff:8.8.8.8".parse().unwrap()));
}

#[test]
fn credentials_become_a_basic_authorization_and_are_never_shown() {
    for (text, expected) in [
        ("https://user:pass@example.com/", Some("Basic dXNlcjpwYXNz")),
        ("https://user@example.com/", Some("Basic dXNlcjo=")),
        ("https://:pass@example.com/", Some("Basic OnBhc3M=")),
        ("https://us%40er:p%3Aw@example.com/", Some("Basic dXNAZXI6cDp3")),
        ("https://example.com/", None),
        ("https://@example.com/", None),
    ] {
        let target = parse(text).unwrap();
        let value = target.basic_authorization().map(|value| value.to_str().unwrap());
        assert_eq!(value, expected, "{text}");
        let shown = format!("{target:?} {target} {:?}", target.basic_authorization());
        assert!(!shown.contains("pass") && !shown.contains("Basic "), "{shown}");
        assert_eq!(target.authority(), "example.com");
    }
}

#[test]
fn the_error_says_what_was_wrong_and_what_is_allowed() {
    for (text, sentence) in [
        (
            "http://10.0.0.1/",
            "The host of the URL can't be called: 10.0.0.1 is a private address (10.0.0.0/8). Only public addresses are allowed.",
        ),
        ("ftp://example.com", "The URL must start with https:// or http://."),
        ("https://", "The URL has no host; write it as https://host/path."),
        ("https://example.com:0/", "The port of the URL must be a number from 1 to 65535."),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), sentence);
    }
    let error = parse("https://user:hunter2@10.0.0.1/").unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn urls_are_shown_without_credentials() {
    for (url, shown) in [
        ("https://u:p@h.test/x", "https://h.test/x"),
        ("https://u@h.test", "https://h.test"),
        ("https://u:a@b@h.test?x=y@z", "https://h.test?x=y@z"),
        ("https:/u:p@h.test/", "https:/h.test/"),
        ("https:\\\\u:p@h.test\\x@y", "https:\\\\h.test\\x@y"),
        ("https://h.test/a@b", "https://h.test/a@b"),
        ("", ""),
    ] {
        assert_eq!(without_credentials(url), shown);
    }
}
