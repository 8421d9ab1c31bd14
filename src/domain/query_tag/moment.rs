//! Dates and times as they compare: digits, missing parts filled up with the earliest moment.

use jiff::civil::Date;

/// Digits of a fraction of a second.
const FRACTION: usize = 6;

/// `yyyy`, then as much of `MMddHHmmss` as is known, then a point and one to six digits: 20 digits. Nothing if it is no
/// such moment.
pub fn date_time(text: &str) -> Option<String> {
    const EARLIEST: &str = "00000101000000";
    let (whole, fraction) = split(text, &[4, 6, 8, 10, 12, 14])?;
    let whole = format!("{whole}{}", &EARLIEST[whole.len()..]);
    let (date, time) = whole.split_at(8);
    let is_date = Date::strptime("%Y%m%d", date).is_ok_and(|date| date.year() > 0);
    let is_moment = is_date && is_time(time);
    is_moment.then(|| format!("{whole}{fraction:0<FRACTION$}"))
}

/// `HH`, then as much of `mmss` as is known, then a point and one to six digits: 12 digits. Nothing if it is no time.
pub fn time(text: &str) -> Option<String> {
    let (whole, fraction) = split(text, &[2, 4, 6])?;
    let whole = format!("{whole:0<6}");
    is_time(&whole).then(|| format!("{whole}{fraction:0<FRACTION$}"))
}

/// A stored DT without the offset from UTC that it may have: only its clock time counts.
pub fn without_offset(text: &str) -> &str {
    match text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)) {
        Some((moment, offset)) if offset.starts_with(['+', '-']) && is_digits(&offset[1..]) => moment,
        _ => text,
    }
}

/// The digits before and after the point; the latter only behind the longest of the lengths.
fn split<'t>(text: &'t str, lengths: &[usize]) -> Option<(&'t str, &'t str)> {
    let (whole, fraction) = match text.split_once('.') {
        None => (text, ""),
        Some((whole, fraction)) if Some(&whole.len()) == lengths.last() && !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
    };
    let fits = lengths.contains(&whole.len()) && fraction.len() <= FRACTION;
    (fits && is_digits(whole) && is_digits(fraction)).then_some((whole, fraction))
}

/// Whether six digits are a time; the second may be a leap second.
fn is_time(digits: &str) -> bool {
    let number = |at: usize| digits.get(at..at + 2).and_then(|text| text.parse::<u8>().ok());
    let within = |at, most| number(at).is_some_and(|number| number <= most);
    within(0, 23) && within(2, 59) && within(4, 60)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_parts_are_the_earliest() {
        for (text, expected) in [
            ("2024", Some("20240101000000000000")),
            ("202402", Some("20240201000000000000")),
            ("20240229", Some("20240229000000000000")),
            ("2024022913", Some("20240229130000000000")),
            ("20240229130507", Some("20240229130507000000")),
            ("20240229130507.5", Some("20240229130507500000")),
            ("20230229", None),
            ("0000", None),
            ("202413", None),
            ("2024022924", None),
            ("20240229.5", None),
            ("20240229130507.", None),
            ("20240229130507.1234567", None),
            ("20240229130507+0100", None),
            ("", None),
            ("٢٠٢٤", None),
        ] {
            assert_eq!(date_time(text).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("00", Some("000000000000")),
            ("1305", Some("130500000000")),
            ("130507.25", Some("130507250000")),
            ("24", None),
            ("1", None),
            ("1360", None),
            ("1305.5", None),
        ] {
            assert_eq!(time(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_offset_is_no_part_of_the_clock_time() {
        assert_eq!(without_offset("20240229130507.5+0100"), "20240229130507.5");
        assert_eq!(without_offset("2024-0500"), "2024");
        assert_eq!(without_offset("20240229"), "20240229");
        assert_eq!(without_offset("ü+0100"), "ü");
        assert_eq!(without_offset("1"), "1");
    }
}
