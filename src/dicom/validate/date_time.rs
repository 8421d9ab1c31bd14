//! Dates and times: DA, DT and TM (PS3.5 6.2). Ranges, which only queries have, are fine too.

use std::ops::RangeInclusive;

/// What two digits of a date or time may be: where they stand, the numbers allowed, and what is said of others.
type Component = (usize, RangeInclusive<u8>, &'static str);

type Check = Result<(), &'static str>;

const TOO_MANY_RANGES: &str = "value contains too many range separators '-'";

pub(super) fn check_date(value: &str) -> Check {
    const COMPONENTS: [Component; 2] =
        [(4, 0..=12, "month component exceeds the value 12"), (6, 0..=31, "day component exceeds the value 31")];
    if value.split('-').count() > 2 {
        return Err(TOO_MANY_RANGES);
    }
    for date in value.split('-').map(|date| date.trim_end_matches(' ')).filter(|date| !date.is_empty()) {
        if date.len() != 8 || !is_digits(date) {
            return Err("one of the date values does not match the pattern YYYYMMDD");
        }
        check_components(date, &COMPONENTS)?;
    }
    Ok(())
}

pub(super) fn check_time(value: &str) -> Check {
    const COMPONENTS: [Component; 3] = [
        (0, 0..=23, "hour component exceeds 23"),
        (2, 0..=59, "minutes component exceeds 59"),
        (4, 0..=60, "seconds component exceeds 60"),
    ];
    if value.split('-').count() > 2 {
        return Err(TOO_MANY_RANGES);
    }
    for time in value.split('-').map(|time| time.trim_end_matches(' ')).filter(|time| !time.is_empty()) {
        if !is_pattern(time, &[2, 4, 6]) {
            return Err("value does not mach pattern HH or HHMM or HHMMSS or HHMMSS.F{1-6}");
        }
        check_components(time, &COMPONENTS)?;
    }
    Ok(())
}

pub(super) fn check_date_time(value: &str) -> Check {
    if value.contains("-0000") {
        return Err("negative UTC hours component with value -0000 is not allowed");
    }
    if value.trim() == "-" {
        return Err("both dateTime components in range cannot be empty");
    }
    let [first, second] = split_range(value)?;
    check_bound(first)?;
    check_bound(second)
}

/// The two bounds of a range, or a value and nothing. A hyphen separates the bounds, but also begins a negative offset
/// from UTC, which is four digits of at most 1200.
fn split_range(value: &str) -> Result<[&str; 2], &'static str> {
    let is_offset = |piece: &str| piece.len() == 4 && is_digits(piece) && piece <= "1200";
    let split_at_hyphen = |index: usize| {
        let position = value.match_indices('-').nth(index).map(|(position, _)| position);
        let halves = position.and_then(|position| value.split_at_checked(position)).unwrap_or((value, ""));
        [halves.0, halves.1.strip_prefix('-').unwrap_or_default()]
    };
    let pieces: Vec<&str> = value.split('-').take(5).collect();
    match *pieces {
        [_] => Ok([value, ""]),
        [_, second] if is_offset(second) => Ok([value, ""]),
        [_, _] => Ok(split_at_hyphen(0)),
        [_, second, _] if is_offset(second) => Ok(split_at_hyphen(1)),
        [_, _, third] if is_offset(third) => Ok(split_at_hyphen(0)),
        [_, _, _] => Err("value is in invalid range format"),
        [_, _, _, _] => Ok(split_at_hyphen(1)),
        _ => Err(TOO_MANY_RANGES),
    }
}

/// Checks one bound of a range, or a value that is none.
fn check_bound(value: &str) -> Check {
    const COMPONENTS: [Component; 7] = [
        (12, 0..=60, "seconds component exceeds 60"),
        (10, 0..=59, "minutes component exceeds 59"),
        (8, 0..=23, "hours component exceeds 23"),
        (6, 0..=31, "day component exceeds 31"),
        (6, 1..=31, "day component cannot be 0"),
        (4, 0..=12, "month component exceeds 12"),
        (4, 1..=12, "month component cannot be 0"),
    ];
    let value = value.trim_end_matches(' ');
    if value.is_empty() {
        return Ok(());
    }
    let parts: Vec<&str> = value.split(['+', '-']).take(3).collect();
    let date_time = match *parts {
        [date_time] => date_time,
        [date_time, offset] => {
            check_offset(offset, value.contains('+'))?;
            date_time
        }
        _ => return Err("value contains too many UTC separators '+' or '-'"),
    };
    if !is_pattern(date_time, &[4, 6, 8, 10, 12, 14]) {
        return Err("value does not mach pattern YYYY[MM[DD[HH[MM[SS[.F{1-6}]]]]]]");
    }
    check_components(date_time, &COMPONENTS)
}

fn check_offset(offset: &str, is_positive: bool) -> Check {
    const POSITIVE: Component =
        (0, 0..=14, "positive UTC hours component exceeds 14 (allowed range is -1200 to +1400)");
    const NEGATIVE: Component =
        (0, 0..=12, "negative UTC hours component exceeds 12 (allowed range is -1200 to +1400)");
    const MINUTES: Component = (2, 0..=59, "UTC minutes component exceeds 59");
    if offset.len() != 4 || !is_digits(offset) {
        return Err("value does not match the UTC pattern &ZZXX");
    }
    check_components(offset, &[if is_positive { POSITIVE } else { NEGATIVE }, MINUTES])
}

/// Names the first component that is not allowed; those behind the end of the text are not there.
fn check_components(text: &str, components: &[Component]) -> Check {
    let is_wrong = |(start, allowed, _): &&Component| {
        let digits = text.get(*start..*start + 2).and_then(|digits| digits.parse().ok());
        digits.is_some_and(|number| !allowed.contains(&number))
    };
    components.iter().find(is_wrong).map_or(Ok(()), |(_, _, fault)| Err(fault))
}

/// Whether there are as many digits as one of the `lengths`, or as many as the last and a fraction of one to six more.
fn is_pattern(text: &str, lengths: &[usize]) -> bool {
    match text.split_once('.') {
        None => lengths.contains(&text.len()) && is_digits(text),
        Some((whole, fraction)) => {
            let fits = lengths.last() == Some(&whole.len()) && (1..=6).contains(&fraction.len());
            fits && is_digits(whole) && is_digits(fraction)
        }
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether this is `yyyyMMdd` for a day that exists in the Gregorian calendar, from the year 1 on.
pub(super) fn is_calendar_date(text: &str) -> bool {
    if text.len() != 8 || !is_digits(text) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let (Some(year @ 1..), Some(month), Some(day)) = (number(0..4), number(4..6), number(6..8)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}
