//! The numbers of TLS by their names (IANA TLS parameters).

/// TLS 1.2 suites with ECDHE_ECDSA, the only kind SHIP knows (SHIP 9.1), and what this build does with them.
pub(super) const SUITES: &[(u16, &str)] = &[
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"),
    (0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"),
    (0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
];

/// Curves; SHIP wants secp256r1 (SHIP 9.3).
pub(super) const CURVES: &[(u16, &str)] = &[
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (29, "x25519"),
];

/// Versions of TLS but 1.2, each with the number a client asks for it by.
pub(super) const OTHER_VERSIONS: &[(u16, &str)] =
    &[(0x0304, "TLS 1.3"), (0x0302, "TLS 1.1"), (0x0301, "TLS 1.0")];

const ALERTS: &[(u8, &str)] = &[
    (0, "close_notify"),
    (10, "unexpected_message"),
    (40, "handshake_failure"),
    (42, "bad_certificate"),
    (47, "illegal_parameter"),
    (50, "decode_error"),
    (70, "protocol_version"),
    (71, "insufficient_security"),
    (80, "internal_error"),
    (112, "unrecognized_name"),
];

/// The name of a number, or the number.
pub(super) fn name(list: &[(u16, &str)], number: u16) -> String {
    let known = list.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("number {number:#06x}"), |(_, name)| (*name).to_owned())
}

/// The name of an alert, or its number.
pub(super) fn alert(code: u8) -> String {
    let known = ALERTS.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| format!("number {code}"), |(_, name)| (*name).to_owned())
}
