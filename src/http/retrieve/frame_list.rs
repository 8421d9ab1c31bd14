//! The list of frames in a path, `1,3,5` (PS3.18 10.4.1.1.6): parsed in the words of the service.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;

use crate::http::{
    context::Context,
    error::{ApiError, bad_request},
};

/// The numbers of a list of frames, as they were written: whether there can be such frames is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameList(Vec<i32>);

impl FromRequestParts<Context> for FrameList {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Context) -> Result<Self, ApiError> {
        let text = frames_parameter(parts);
        Self::parse(&text).map_err(|entry| {
            bad_request(format!("The query parameter 'frames' is invalid. Unable to parse value '{entry}' as Int32."))
        })
    }
}

impl FrameList {
    /// Reads a list; the first entry that is no number of 32 bits is the error.
    fn parse(text: &str) -> Result<Self, &str> {
        text.split(',').map(str::trim).map(|entry| entry.parse().map_err(|_| entry)).collect::<Result<_, _>>().map(Self)
    }

    /// The numbers, if all of them can be those of frames: 1 or more.
    pub fn numbers(&self) -> Result<Vec<u32>, ApiError> {
        let number = |number: &i32| u32::try_from(*number).ok().filter(|number| *number > 0);
        let numbers: Option<Vec<u32>> = self.0.iter().map(number).collect();
        numbers.ok_or_else(below_one)
    }
}

/// The refusal of a frame below 1.
pub fn below_one() -> ApiError {
    bad_request(
        "The specified frames value is not valid. At least one frame must be present, and all requested frames must have value greater than 0.",
    )
}

/// What stands for `{frames}` in the path, percent-decoded. A refusal names it, so it need not be text.
pub fn frames_parameter(parts: &Parts) -> String {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // From the end: what is mounted does not see the beginning of its path.
    let index = route.rsplit('/').position(|segment| segment == "{frames}");
    let segment = index.and_then(|index| parts.uri.path().rsplit('/').nth(index));
    percent_decode_str(segment.unwrap_or_default()).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_keeps_its_order_and_its_repetitions() {
        assert_eq!(FrameList::parse("3, 1 ,3,-2"), Ok(FrameList(vec![3, 1, 3, -2])));
    }

    #[test]
    fn the_first_entry_that_is_no_number_is_named() {
        for (text, entry) in
            [("abc", "abc"), ("1,", ""), ("1,,2", ""), ("1;2", "1;2"), ("99999999999", "99999999999"), ("1, x ,y", "x")]
        {
            assert_eq!(FrameList::parse(text), Err(entry), "{text}");
        }
    }

    #[test]
    fn frames_count_from_one() {
        assert_eq!(FrameList(vec![1, 2]).numbers(), Ok(vec![1, 2]));
        for numbers in [vec![0], vec![1, -1], vec![i32::MIN]] {
            assert_eq!(FrameList(numbers).numbers(), Err(below_one()));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in prop::collection::vec(any::<i32>(), 1..9), space in " {0,2}") {
            let text = numbers.iter().map(|number| format!("{space}{number}{space}")).collect::<Vec<_>>().join(",");
            prop_assert_eq!(FrameList::parse(&text), Ok(FrameList(numbers)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Err(entry) = FrameList::parse(&text) {
                prop_assert!(text.contains(entry));
            }
        }
    }
}
