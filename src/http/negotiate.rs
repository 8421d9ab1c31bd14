//! Choosing the form and the transfer syntax of an answer: pure, and table-tested.

use axum::http::HeaderMap;

use super::media_type::{MediaType, accept_lines, split_list};

/// Explicit VR Little Endian (PS3.5 A.2).
pub const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// JPEG 2000 Image Compression (Lossless Only) (PS3.5 A.4.4).
pub const JPEG_2000_LOSSLESS: &str = "1.2.840.10008.1.2.4.90";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A study or a series: always multipart.
    Instances,
    /// One instance.
    Instance,
    /// Frames of one instance.
    Frames,
    /// The same in version 1: always multipart.
    FramesInParts,
}

/// What the answer shall be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The media type of the body, or of each part.
    pub media_type: &'static str,
    /// One body, or parts.
    pub form: Form,
    /// The transfer syntax.
    pub syntax: Syntax,
}

/// One body, or parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The bytes themselves.
    Single,
    /// `multipart/related`.
    Multipart,
}

/// A transfer syntax, as it may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// `*`: whatever it is stored in.
    AsStored,
    /// This one.
    Named(&'static str),
}

/// One alternative of an `Accept` header.
struct Alternative {
    form: Form,
    media_type: String,
    syntax: Option<String>,
    quality: f32,
}

/// Chooses among the alternatives of all `Accept` lines; nothing if none is acceptable.
pub fn choose(kind: Kind, headers: &HeaderMap) -> Option<Choice> {
    let lines = accept_lines(headers);
    let alternatives = lines.iter().flat_map(|line| split_list(line)).filter_map(alternative);
    let mut alternatives: Vec<Alternative> = alternatives.collect();
    alternatives.sort_by(|a, b| b.quality.total_cmp(&a.quality)); // stable: equals stay in the order written

    let mut chosen: Option<(f32, Choice)> = None;
    for alternative in alternatives {
        let Some(choice) = acceptable(kind, &alternative) else { continue };
        let is_explicitly_stored = alternative.syntax.as_deref() == Some("*");
        let replaces = match &chosen {
            None => true,
            Some((quality, _)) => is_explicitly_stored && alternative.quality >= *quality,
        };
        if replaces {
            chosen = Some((alternative.quality, choice));
        }
    }
    chosen.map(|(_, choice)| choice)
}

/// Reads one alternative leniently: what cannot be read is skipped.
fn alternative(text: &str) -> Option<Alternative> {
    let media_type = MediaType::parse(text)?;
    let quality = media_type.parameter("q").and_then(|q| q.parse().ok()).filter(|q| (0.0..=1.0).contains(q));
    let syntax = media_type.parameter("transfer-syntax").map(str::to_owned);
    let (form, name) = match media_type.essence.as_str() {
        "multipart/related" => (Form::Multipart, media_type.parameter("type").unwrap_or_default().to_ascii_lowercase()),
        single => (Form::Single, single.to_owned()),
    };
    Some(Alternative { form, media_type: name, syntax, quality: quality.unwrap_or(1.0) })
}

/// The choice that an alternative leads to, if its media type, form and syntax fit.
fn acceptable(kind: Kind, alternative: &Alternative) -> Option<Choice> {
    let row = Row::of(kind, &alternative.media_type, alternative.form)?;
    let syntax = match alternative.syntax.as_deref() {
        None => row.default,
        Some("*") => Syntax::AsStored,
        Some(uid) => Syntax::Named(TARGETS.into_iter().find(|target| *target == uid)?),
    };
    let Row { media_type, form, allowed, .. } = row;
    allowed.contains(&syntax).then_some(Choice { media_type, form, syntax })
}

const TARGETS: [&str; 2] = [EXPLICIT_VR_LITTLE_ENDIAN, JPEG_2000_LOSSLESS];
const EXPLICIT: Syntax = Syntax::Named(EXPLICIT_VR_LITTLE_ENDIAN);
const LOSSLESS: Syntax = Syntax::Named(JPEG_2000_LOSSLESS);

/// What is served of a media type.
struct Row {
    media_type: &'static str,
    form: Form,
    allowed: &'static [Syntax],
    default: Syntax,
}

impl Row {
    /// The row of the table that a media type and a form belong to. `*/*` is answered in parts, whatever was asked.
    fn of(kind: Kind, media_type: &str, form: Form) -> Option<Self> {
        const FILES: &[Syntax] = &[Syntax::AsStored, EXPLICIT, LOSSLESS];
        const FRAMES: &[Syntax] = &[Syntax::AsStored, EXPLICIT];
        let (media_type, form, allowed, default) = match (kind, media_type, form) {
            (Kind::Instances, "application/dicom", Form::Multipart) => ("application/dicom", form, FILES, EXPLICIT),
            (Kind::Instance, "application/dicom", form) => ("application/dicom", form, FILES, EXPLICIT),
            (Kind::Instances | Kind::Instance, "*/*", _) => {
                ("application/dicom", Form::Multipart, FILES, Syntax::AsStored)
            }
            (Kind::Frames, "application/octet-stream", form)
            | (Kind::FramesInParts, "application/octet-stream", form @ Form::Multipart) => {
                ("application/octet-stream", form, FRAMES, EXPLICIT)
            }
            (Kind::Frames | Kind::FramesInParts, "image/jp2", Form::Multipart) => {
                ("image/jp2", form, &[LOSSLESS][..], LOSSLESS)
            }
            (Kind::Frames | Kind::FramesInParts, "*/*", _) => {
                ("application/octet-stream", Form::Multipart, FRAMES, Syntax::AsStored)
            }
            _ => return None,
        };
        Some(Self { media_type, form, allowed, default })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    const J2K: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90";
    const NATIVE: &str = "application/dicom; transfer-syntax=1.2.840.10008.1.2.1";
    const STORED: &str = "application/dicom; transfer-syntax=*";

    fn chosen(kind: Kind, lines: &[&str]) -> Option<(Form, Syntax)> {
        let values = lines.iter().filter_map(|line| HeaderValue::from_str(line).ok());
        let headers = values.map(|value| (header::ACCEPT, value)).collect();
        choose(kind, &headers).map(|choice| (choice.form, choice.syntax))
    }

    #[test]
    fn one_alternative_is_chosen_by_the_table() {
        use Form::{Multipart, Single};
        use Kind::{Instance, Instances};
        let explicit = Syntax::Named(EXPLICIT_VR_LITTLE_ENDIAN);
        let j2k = Syntax::Named(JPEG_2000_LOSSLESS);
        for (kind, line, expected) in [
            (Instance, STORED, Some((Single, Syntax::AsStored))),
            (Instance, "application/dicom", Some((Single, explicit.clone()))),
            (Instance, "APPLICATION/DICOM; Transfer-Syntax=\"1.2.840.10008.1.2.4.90\"", Some((Single, j2k.clone()))),
            (Instance, "multipart/related; type=application/dicom", Some((Multipart, explicit.clone()))),
            (Instance, "*/*", Some((Multipart, Syntax::AsStored))),
            (Instance, "*/*; transfer-syntax=1.2.840.10008.1.2.4.90", Some((Multipart, j2k.clone()))),
            (Instance, "application/*", None),
            (Instance, "multipart/related", None),
            (Instance, "application/dicom; transfer-syntax=1.2.840.10008.1.2.5", None),
            (
                Instances,
                r#"multipart/related; type="application/dicom"; transfer-syntax=*"#,
                Some((Multipart, Syntax::AsStored)),
            ),
            (Instances, r#"multipart/related; type="application/dicom""#, Some((Multipart, explicit))),
            (Instances, r#"multipart/related; type="*/*""#, Some((Multipart, Syntax::AsStored))),
            (Instances, "*/*", Some((Multipart, Syntax::AsStored))),
            (Instances, STORED, None),
            (Instances, "image/png", None),
            (Instances, "", None),
        ] {
            assert_eq!(chosen(kind, &[line]), expected, "{kind:?} {line}");
        }
        assert_eq!(chosen(Instance, &[]), None);
    }

    #[test]
    fn several_alternatives_are_weighed_by_quality_and_an_explicit_star() {
        let explicit = Some((Form::Single, Syntax::Named(EXPLICIT_VR_LITTLE_ENDIAN)));
        let j2k = Some((Form::Single, Syntax::Named(JPEG_2000_LOSSLESS)));
        let stored = Some((Form::Single, Syntax::AsStored));
        let with = |text: &str, quality: &str| format!("{text}; q={quality}");
        assert_eq!(chosen(Kind::Instance, &[&with(J2K, "0.5"), &with(NATIVE, "0.9")]), explicit);
        assert_eq!(chosen(Kind::Instance, &[&with(J2K, "0.9"), "application/dicom"]), explicit);
        assert_eq!(chosen(Kind::Instance, &[J2K, NATIVE]), j2k);
        assert_eq!(chosen(Kind::Instance, &[&format!("{J2K}, {NATIVE}"), STORED]), stored);
        assert_eq!(chosen(Kind::Instance, &[&with(J2K, "0.9"), &with(STORED, "0.5")]), j2k);
        let foreign = "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.100; q=0.9";
        assert_eq!(chosen(Kind::Instance, &[foreign, &with(J2K, "0.5")]), j2k);
        let multipart = r#"multipart/related; type="application/dicom"; transfer-syntax=*; q=0.1"#;
        assert_eq!(chosen(Kind::Instance, &["image/png", multipart]), Some((Form::Multipart, Syntax::AsStored)));
    }

    #[test]
    fn frames_have_media_types_of_their_own() {
        use Form::{Multipart, Single};
        let accepted = |kind, line: &str| {
            let headers = HeaderValue::from_str(line).into_iter().map(|value| (header::ACCEPT, value)).collect();
            choose(kind, &headers).map(|choice| (choice.media_type, choice.form, choice.syntax))
        };
        let octets = "application/octet-stream";
        for (line, expected) in [
            ("application/octet-stream; transfer-syntax=*", Some((octets, Single, Syntax::AsStored))),
            ("application/octet-stream", Some((octets, Single, EXPLICIT))),
            (r#"multipart/related; type="application/octet-stream""#, Some((octets, Multipart, EXPLICIT))),
            (r#"multipart/related; type="image/jp2""#, Some(("image/jp2", Multipart, LOSSLESS))),
            (
                "multipart/related; type=image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90",
                Some(("image/jp2", Multipart, LOSSLESS)),
            ),
            ("*/*", Some((octets, Multipart, Syntax::AsStored))),
            ("*/*; transfer-syntax=1.2.840.10008.1.2.1", Some((octets, Multipart, EXPLICIT))),
            ("image/jp2", None),
            ("multipart/related; type=image/jp2; transfer-syntax=*", None),
            ("*/*; transfer-syntax=1.2.840.10008.1.2.4.90", None),
            ("application/octet-stream; transfer-syntax=1.2.840.10008.1.2.4.90", None),
            ("application/dicom", None),
            ("image/jpeg", None),
            ("application/*", None),
        ] {
            assert_eq!(accepted(Kind::Frames, line), expected, "{line}");
            let in_parts = expected.filter(|(_, form, _)| *form == Multipart);
            assert_eq!(accepted(Kind::FramesInParts, line), in_parts, "{line}");
        }
    }
}
