//! Every row of the strict rules.

use proptest::prelude::*;

use super::super::rules::check;
use super::*;

fn assert_all(vr: VR, text: &str, values: &[&str]) {
    for value in values {
        assert_eq!(check(vr, value).map_err(|fault| fault.text), Err(text), "{vr:?} {value:?}");
    }
}

fn assert_valid(vr: VR, values: &[&str]) {
    for value in values {
        assert_eq!(check(vr, value), Ok(()), "{vr:?} {value:?}");
    }
}

#[test]
fn application_entities() {
    assert_all(VR::AE, "value exceeds maximum length of 16 characters", &["12345678901234567"]);
    assert_all(VR::AE, "value may not consist only of spaces", &["", "  ", "\t"]);
    assert_all(VR::AE, "value contains invalid control character", &["a\\b", "a\x1Bb", "a\u{85}b"]);
    assert_valid(VR::AE, &["1234567890123456", " a b "]);
}

#[test]
fn ages() {
    assert_all(VR::AS, "value does not have pattern 000[DWMY]", &["12Y", "0012Y", "012y", "012X", "01aY", " 12Y"]);
    assert_valid(VR::AS, &["", "012D", "999W", "000M", "045Y"]);
}

#[test]
fn codes() {
    let text = "value contains invalid character. Only uppercase character, digits, space and underscore alre allowed";
    assert_all(VR::CS, "value exceeds maximum length of 16 characters", &["12345678901234567"]);
    assert_all(VR::CS, text, &["a", "A-B", "Ä"]);
    assert_valid(VR::CS, &["", "A_1 B", "1234567890123456"]);
}

#[test]
fn dates() {
    let pattern = "one of the date values does not match the pattern YYYYMMDD";
    assert_all(VR::DA, "value contains too many range separators '-'", &["2024-01-01", "--"]);
    assert_all(
        VR::DA,
        pattern,
        &["2024", "2024010", "202401011", "2024.1.1", " 20240101", "NotAValidDate", "20240101-2"],
    );
    assert_all(VR::DA, "month component exceeds the value 12", &["20241301", "20249999"]);
    assert_all(VR::DA, "day component exceeds the value 31", &["20240132", "20240101-20240132"]);
    assert_valid(VR::DA, &["", "20240101", "20240230", "20240000", "20240101 ", "20240101-20240201", "-20240101", "-"]);
}

#[test]
fn decimals() {
    assert_all(VR::DS, "value exceeds maximum length of 16 characters", &["1.234567890123456", "               1 "]);
    assert_all(VR::DS, "value is no decimal string", &["", ".", "1,5", "1e", "e1", "--1", "1.2.3", "1 2", "NaN", "+"]);
    assert_valid(VR::DS, &["0", "-1.5", "+.5", "1.", "1e5", "1.5E-05", " 1.5 ", "007", "1234567890123456"]);
}

#[test]
fn integers() {
    assert_all(VR::IS, "value is not an integer string", &["x", "1.0", "1 2", "+", "  ", "\t1", "1e3"]);
    assert_all(VR::IS, "value too large to fit 32 bit integer", &["2147483648", "-2147483649", "99999999999999999999"]);
    assert_valid(VR::IS, &["", " 1 ", "-2147483648", "+2147483647", "007"]);
}

#[test]
fn long_strings_and_texts() {
    let exactly = |length: usize| "ä".repeat(length);
    assert_all(VR::LO, "value exceeds maximum length of 64 characters", &[&exactly(65), &"𝄞".repeat(33)]);
    assert_all(VR::LO, "value contains invalid character", &["a\\b", "a\x07b", "a\nb"]);
    assert_valid(VR::LO, &["", "a\x1Bb", &exactly(64), &"𝄞".repeat(32)]);
    assert_all(VR::LT, "value exceeds maximum length of 10240 characters", &[&exactly(10241)]);
    assert_valid(VR::LT, &["", "a\\b\r\n\x07", &exactly(10240)]);
    assert_all(VR::ST, "value exceeds maximum length of 1024 characters", &[&exactly(1025)]);
    assert_valid(VR::ST, &["", "a\\b\r\n\x07", &exactly(1024)]);
}

#[test]
fn person_names() {
    let long = "x".repeat(65);
    assert_all(VR::PN, "value contains too many groups", &["a=b=c=d", "==="]);
    assert_all(VR::PN, "value exceeds maximum length of 64 characters", &[&long, &format!("a={long}")]);
    assert_all(VR::PN, "value contains invalid control character", &["a\nb", "a=b\x07"]);
    assert_all(VR::PN, "value contains too many components", &["a^b^c^d^e^f", "a=^^^^^"]);
    assert_valid(VR::PN, &["", "a^b^c^d^e=^^^^=x", "a\x1Bb", &format!("{}={}", "x".repeat(64), "y".repeat(64))]);
}

#[test]
fn short_strings() {
    assert_all(VR::SH, "value contains invalid character", &["a\\b", "a\x07b", "12345678901234567\n"]);
    assert_all(VR::SH, "value exceeds maximum length of 16 characters", &["12345678901234567"]);
    assert_valid(VR::SH, &["", "a\x1Bb", "1234567890123456"]);
}

#[test]
fn times() {
    let pattern = "value does not mach pattern HH or HHMM or HHMMSS or HHMMSS.F{1-6}";
    assert_all(VR::TM, "value contains too many range separators '-'", &["10-11-12"]);
    assert_all(VR::TM, pattern, &["1", "101", "10:10", "101010.", "101010.1234567", "1010.1", " 10", "101010,1"]);
    assert_all(VR::TM, "hour component exceeds 23", &["24", "246099"]);
    assert_all(VR::TM, "minutes component exceeds 59", &["2360", "236099"]);
    assert_all(VR::TM, "seconds component exceeds 60", &["235961", "10-235961.5"]);
    assert_valid(VR::TM, &["", "10", "1010", "235960", "101010.1", "101010.123456 ", "10-1130", "-10"]);
}

#[test]
fn identifiers() {
    assert_all(VR::UI, "value exceeds maximum length of 64 characters", &[&"1".repeat(65)]);
    assert_all(VR::UI, "value contains invalid characters other than '0'-'9' and '.'", &["1.a", "1-2", " 1"]);
    assert_all(VR::UI, "components must not have leading zeros", &["0.1", "0", "1.02", "1..02"]);
    assert_all(VR::UI, "a component can not be empty", &[".1", "1..2", "1.", "."]);
    assert_valid(VR::UI, &["", "1.2.0", "1.0.3", "1.2 ", &"1".repeat(64)]);
}

#[test]
fn unlimited_and_binary_values_have_no_rule() {
    for vr in [VR::UC, VR::UR, VR::UT, VR::AT, VR::FD, VR::FL, VR::SL, VR::SS, VR::SV, VR::UL, VR::US, VR::UV] {
        assert_valid(vr, &["", "a\\b\x07", &"x".repeat(20_000)]);
    }
}

#[test]
fn date_times() {
    let pattern = "value does not mach pattern YYYY[MM[DD[HH[MM[SS[.F{1-6}]]]]]]";
    assert_all(VR::DT, "negative UTC hours component with value -0000 is not allowed", &["20240101-0000"]);
    assert_all(VR::DT, "both dateTime components in range cannot be empty", &["-", " - "]);
    assert_all(VR::DT, "value contains too many range separators '-'", &["2020-0100-2021-0100-1"]);
    assert_all(VR::DT, "value is in invalid range format", &["2020-2021-2022", "--"]);
    assert_all(VR::DT, "value contains too many UTC separators '+' or '-'", &["2020+0100+0100", "2020+0100-0100"]);
    assert_all(VR::DT, "value does not match the UTC pattern &ZZXX", &["2020+1", "2020+01000", "2020+ab00"]);
    let positive = "positive UTC hours component exceeds 14 (allowed range is -1200 to +1400)";
    assert_all(VR::DT, positive, &["2020+1500"]);
    let negative = "negative UTC hours component exceeds 12 (allowed range is -1200 to +1400)";
    assert_all(VR::DT, negative, &["2020-1300-2021-0100"]);
    assert_all(VR::DT, "UTC minutes component exceeds 59", &["2020+0160", "2020-0160"]);
    assert_all(
        VR::DT,
        pattern,
        &["202", "20201", "2020010112000", "20200101120000.", "2020.1", "x", "20200101120000.1234567"],
    );
    assert_all(VR::DT, "seconds component exceeds 60", &["20209999999999"]);
    assert_all(VR::DT, "minutes component exceeds 59", &["202099999999", "20209999999960"]);
    assert_all(VR::DT, "hours component exceeds 23", &["2020999999"]);
    assert_all(VR::DT, "day component exceeds 31", &["20209999"]);
    assert_all(VR::DT, "day component cannot be 0", &["20209900"]);
    assert_all(VR::DT, "month component exceeds 12", &["202099", "20201301"]);
    assert_all(VR::DT, "month component cannot be 0", &["202000", "20200001"]);
    assert_valid(
        VR::DT,
        &[
            "",
            "2020",
            "202001",
            "20200101",
            "2020010112",
            "202001011200",
            "20200101120060",
            "20200101120000.123456",
            "20200101120000.1+1400",
            "20200101-1200",
            "2020-2021",
            "2020-0100-2021",
            "2020-2021-0100",
            "2020-0100-2021-0100",
            "2020 ",
            "-2020",
            "2020-",
            "2020-1300",
        ],
    );
}

#[test]
fn three_rules_quote_a_value_without_the_spaces_around_it() {
    let content = |vr, value| check(vr, value).unwrap_err().content;
    assert_eq!(content(VR::DS, " x "), "x");
    assert_eq!(content(VR::IS, " x "), "x");
    assert_eq!(content(VR::UI, " x "), " x");
    assert_eq!(content(VR::DA, " x "), " x ");
    assert_eq!(content(VR::DS, "                x"), "                x", "a length is checked with the spaces");
}

/// A value representation and a valid value of it.
fn valid_value() -> impl Strategy<Value = (VR, String)> {
    let of = |vr, pattern: &'static str| pattern.prop_map(move |value| (vr, value)).boxed();
    let date = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])";
    let date_time = "(19|20)[0-9]{2}((0[1-9]|1[0-2])((0[1-9]|1[0-9]|2[0-8])((0[0-9]|2[0-3])([0-5][0-9]([0-5][0-9](\\.[0-9]{1,6})?)?)?)?)?)?(\\+(0[0-9]|1[0-4])[0-5][0-9])?";
    prop_oneof![
        of(VR::AE, "[A-Za-z][ -\\[\\]-~]{0,15}"),
        of(VR::AS, "[0-9]{3}[DWMY]"),
        of(VR::CS, "[A-Z0-9_ ]{0,16}"),
        of(VR::DA, date),
        of(VR::DS, "[+-]?[0-9]{1,5}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{1,2})?"),
        of(VR::DT, date_time),
        of(VR::IS, "[+-]?[0-9]{1,9}"),
        of(VR::LO, "[ -\\[\\]-~]{0,64}"),
        of(VR::LT, "[ -~\r\n]{0,200}"),
        of(VR::PN, "[a-zA-Z ]{0,10}(\\^[a-zA-Z]{0,10}){0,4}(=[a-z]{0,10}){0,2}"),
        of(VR::SH, "[ -\\[\\]-~]{0,16}"),
        of(VR::ST, "[ -~\r\n]{0,200}"),
        of(VR::TM, "([01][0-9]|2[0-3])([0-5][0-9]([0-5][0-9](\\.[0-9]{1,6})?)?)?"),
        of(VR::UC, "[ -\\[\\]-~]{0,200}"),
        of(VR::UI, "[12](\\.(0|[1-9][0-9]{0,8})){0,6}"),
        of(VR::UR, "https?://[a-z]{1,20}/[a-z]{0,20}"),
        of(VR::UT, "[ -~\r\n]{0,200}"),
    ]
}

proptest! {
    #[test]
    fn a_valid_value_never_warns((vr, value) in valid_value(), padding in "( {0,2}|\0{0,2})") {
        // An AE of spaces alone has no value, and UI is padded with NULs alone.
        let padding = if vr == VR::UI { padding.replace(' ', "\0") } else { padding };
        let validation = judge(Rules::V2, &[element(Tag(0x0009, 0x1001), vr, format!("{value}{padding}").as_bytes())]);
        prop_assert_eq!(validation, Validation::default());
    }

    #[test]
    fn any_value_is_judged(code in (b'A'..=b'Z', b'A'..=b'Z'), value in prop::collection::vec(any::<u8>(), 0..64)) {
        let vr = VR::from_binary([code.0, code.1]).filter(|vr| *vr != VR::SQ).unwrap_or(VR::DT);
        let validation = judge(Rules::V2, &[element(Tag(0x0009, 0x1001), vr, &value)]);
        prop_assert!(validation.errors.is_empty() && validation.warnings.len() <= 1);
    }

    #[test]
    fn any_date_or_time_is_judged(value in "[0-9+. -]{0,40}") {
        for vr in [VR::DA, VR::DT, VR::TM, VR::DS, VR::IS] {
            let _judged = check(vr, &value);
        }
    }
}
