//! The answer to List Blobs.

use serde::Deserialize;

use super::AzureError;

/// A page of blobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The blobs.
    pub blobs: Vec<ListedBlob>,
    /// Where the next page begins, if there is one.
    pub marker: Option<String>,
}

/// A blob in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBlob {
    /// Its name.
    pub name: String,
    /// What tells this content from any other.
    pub etag: String,
    /// Whether it may still grow.
    pub grows: bool,
    /// What an import noted of it: see [`CLAIM_HEADER`].
    pub claim: Option<String>,
}

/// The metadata by which an import notes that it has taken a blob up.
pub const CLAIM_HEADER: &str = "x-ms-meta-emulatorimport";

#[derive(Deserialize)]
struct Results {
    #[serde(rename = "Blobs")]
    blobs: Blobs,
    #[serde(rename = "NextMarker", default)]
    marker: Option<String>,
}

#[derive(Deserialize)]
struct Blobs {
    #[serde(rename = "Blob", default)]
    blob: Vec<Blob>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Blob {
    name: Name,
    properties: Properties,
    #[serde(default)]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Name {
    /// Names that XML cannot hold are percent-encoded.
    #[serde(rename = "@Encoded", default)]
    encoded: Option<String>,
    #[serde(rename = "$text", default)]
    text: String,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(rename = "Etag")]
    etag: String,
    #[serde(rename = "BlobType", default)]
    kind: String,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "emulatorimport", default)]
    claim: Option<String>,
}

/// Reads a page.
pub(super) fn read_list(xml: &str) -> Result<Listed, AzureError> {
    let xml = xml.trim_start_matches('\u{feff}');
    let results: Results = quick_xml::de::from_str(xml).map_err(|_| AzureError::MalformedAnswer)?;
    let blob = |blob: Blob| ListedBlob {
        name: match blob.name.encoded.as_deref() {
            Some("true") => percent_encoding::percent_decode_str(&blob.name.text).decode_utf8_lossy().into_owned(),
            _ => blob.name.text,
        },
        etag: blob.properties.etag,
        grows: blob.properties.kind != "BlockBlob",
        claim: blob.metadata.and_then(|metadata| metadata.claim),
    };
    let blobs = results.blobs.blob.into_iter().map(blob).collect();
    Ok(Listed { blobs, marker: results.marker.filter(|marker| !marker.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_blobs_and_the_next_page() {
        let blob = |name: &str, more: &str| {
            format!("<Blob>{name}<Properties><Etag>0x1</Etag><BlobType>BlockBlob</BlobType></Properties>{more}</Blob>")
        };
        let xml = format!(
            "\u{feff}<?xml version=\"1.0\"?><EnumerationResults ContainerName=\"c\"><Blobs>{}{}</Blobs><NextMarker>m</NextMarker></EnumerationResults>",
            blob("<Name>a &amp; b</Name>", "<Metadata><emulatorimport>7</emulatorimport><x>y</x></Metadata>"),
            blob("<Name Encoded=\"true\">x%0A</Name>", "<Metadata/>"),
        );
        let listed = read_list(&xml);
        let found = |listed: Listed| {
            let names: Vec<_> = listed.blobs.into_iter().map(|blob| (blob.name, blob.claim)).collect();
            (names, listed.marker)
        };
        let expected = vec![("a & b".to_owned(), Some("7".to_owned())), ("x\n".to_owned(), None)];
        assert_eq!(listed.map(found), Ok((expected, Some("m".to_owned()))));
        let empty = "<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>";
        assert_eq!(read_list(empty), Ok(Listed { blobs: Vec::new(), marker: None }));
        assert_eq!(read_list("garbage"), Err(AzureError::MalformedAnswer));
    }
}
