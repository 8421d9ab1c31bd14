//! Synthetic DICOM files, made cheaply: a template is written once, and its identifiers are patched for each file.

/// Instances of one series.
pub const PER_SERIES: usize = 25;

/// What stands before the number of each identifier.
const ROOT: &str = "1.2.826.0.1.3680043.10.1777";

/// Added to every number, so that all have the same width and none begins with a zero.
const FIRST: usize = 100_000_000_000;

/// CT Image Storage (PS3.4 B.5).
const CT_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.2";

/// Explicit VR Little Endian (PS3.5 A.2).
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// Which instance a file is: numbers from which its identifiers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    study: usize,
    series: usize,
    instance: usize,
}

impl Ids {
    /// The instance of this number, where each study has so many.
    pub fn nth(number: usize, per_study: usize) -> Self {
        Self { study: number / per_study, series: number / PER_SERIES, instance: number }
    }

    /// Patient ID (0010,0020): each study has its own.
    pub fn patient_id(self) -> String {
        format!("PAT-{}", FIRST + self.study)
    }

    /// The path of the study below the version.
    pub fn study_path(self) -> String {
        format!("/studies/{}", self.study_uid())
    }

    /// The path of the series below the version.
    pub fn series_path(self) -> String {
        format!("{}/series/{}", self.study_path(), self.series_uid())
    }

    /// The path of the instance below the version.
    pub fn path(self) -> String {
        format!("{}/instances/{}", self.series_path(), self.instance_uid())
    }

    fn study_uid(self) -> String {
        uid(1, self.study)
    }

    fn series_uid(self) -> String {
        uid(2, self.series)
    }

    fn instance_uid(self) -> String {
        uid(3, self.instance)
    }

    fn identifiers(self) -> [String; 4] {
        [self.study_uid(), self.series_uid(), self.instance_uid(), self.patient_id()]
    }
}

fn uid(arc: u8, number: usize) -> String {
    format!("{ROOT}.{arc}.{}", FIRST + number)
}

/// A file whose identifiers are still to come.
#[derive(Debug)]
pub struct Template {
    bytes: Vec<u8>,
    /// Where each of [`Ids::identifiers`] stands.
    places: [Vec<usize>; 4],
}

impl Template {
    /// 9 KB: a header as scanners write it, and a thumbnail.
    pub fn small() -> Self {
        Self::with_image(40, 64)
    }

    /// 526 KB: a slice of a CT.
    pub fn large() -> Self {
        Self::with_image(512, 512)
    }

    /// A file with an image of 16 bits a pixel.
    fn with_image(rows: u16, columns: u16) -> Self {
        let ids = Ids::nth(0, PER_SERIES);
        let bytes = file(ids, rows, columns);
        let places = ids.identifiers().map(|identifier| places_of(&bytes, identifier.as_bytes()));
        Self { bytes, places }
    }

    /// Appends the file of an instance.
    pub fn write(&self, ids: Ids, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        for (identifier, places) in ids.identifiers().iter().zip(&self.places) {
            for place in places {
                let place = start + place;
                out[place..place + identifier.len()].copy_from_slice(identifier.as_bytes());
            }
        }
    }

    /// The body of a store of these instances, and its content type.
    pub fn multipart(&self, instances: impl IntoIterator<Item = Ids>) -> (&'static str, Vec<u8>) {
        let mut body = Vec::with_capacity(self.bytes.len() + 256);
        for ids in instances {
            body.extend_from_slice(b"--border-of-parts\r\nContent-Type: application/dicom\r\n\r\n");
            self.write(ids, &mut body);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--border-of-parts--\r\n");
        (r#"multipart/related; type="application/dicom"; boundary=border-of-parts"#, body)
    }
}

fn places_of(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(bytes, text).collect()
}

/// A Part 10 file (PS3.10 7).
fn file(ids: Ids, rows: u16, columns: u16) -> Vec<u8> {
    let mut meta = Elements::default();
    meta.bytes(0x0002_0001, b"OB", &[0, 1]);
    meta.text(0x0002_0002, b"UI", CT_IMAGE);
    meta.text(0x0002_0003, b"UI", &ids.instance_uid());
    meta.text(0x0002_0010, b"UI", EXPLICIT_LITTLE_ENDIAN);
    meta.text(0x0002_0012, b"UI", ROOT);
    let mut file = Elements(vec![0; 128]);
    file.0.extend_from_slice(b"DICM");
    let length = u32::try_from(meta.0.len()).unwrap_or_default();
    file.bytes(0x0002_0000, b"UL", &length.to_le_bytes());
    file.0.extend_from_slice(&meta.0);
    identification(&mut file, ids);
    for (tag, vr, value) in ACQUISITION {
        file.text(tag, vr, value);
    }
    relations(&mut file, ids);
    image(&mut file, rows, columns);
    file.0
}

/// Groups 0008 and 0010.
fn identification(file: &mut Elements, ids: Ids) {
    for (tag, vr, value) in [
        (0x0008_0005, b"CS", "ISO_IR 100"),
        (0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\AXIAL"),
        (0x0008_0012, b"DA", "20240131"),
        (0x0008_0013, b"TM", "101530"),
        (0x0008_0016, b"UI", CT_IMAGE),
        (0x0008_0018, b"UI", &ids.instance_uid()),
        (0x0008_0020, b"DA", "20240131"),
        (0x0008_0021, b"DA", "20240131"),
        (0x0008_0022, b"DA", "20240131"),
        (0x0008_0023, b"DA", "20240131"),
        (0x0008_0030, b"TM", "100000"),
        (0x0008_0031, b"TM", "101000"),
        (0x0008_0032, b"TM", "101500"),
        (0x0008_0033, b"TM", "101530.250000"),
        (0x0008_0050, b"SH", "ACC-2024-000731"),
        (0x0008_0060, b"CS", "CT"),
        (0x0008_0070, b"LO", "Example Imaging Systems"),
        (0x0008_0080, b"LO", "Example General Hospital"),
        (0x0008_0081, b"ST", "1 Example Street, 12345 Exampleton"),
        (0x0008_0090, b"PN", "Referrer^Robin^^Dr."),
        (0x0008_1010, b"SH", "CT-ROOM-4"),
        (0x0008_1030, b"LO", "CT chest with contrast"),
    ] {
        file.text(tag, vr, value);
    }
    file.code(0x0008_1032, ["CTCHESTC", "99EXAMPLE", "CT of the chest with contrast"]);
    file.text(0x0008_103E, b"LO", "Chest 1.25 mm soft tissue");
    file.text(0x0008_1040, b"LO", "Radiology");
    file.text(0x0008_1050, b"PN", "Performer^Pat");
    file.text(0x0008_1070, b"PN", "Operator^Olive");
    file.text(0x0008_1090, b"LO", "Example CT 64");
    let mut step = Elements::default();
    step.text(0x0008_1150, b"UI", "1.2.840.10008.3.1.2.3.3");
    step.text(0x0008_1155, b"UI", &uid(4, 0));
    file.sequence(0x0008_1111, &step);
    for (tag, vr, value) in [
        (0x0010_0010, b"PN", "Example^Erin^Quinn"),
        (0x0010_0020, b"LO", ids.patient_id().as_str()),
        (0x0010_0030, b"DA", "19610417"),
        (0x0010_0040, b"CS", "F"),
        (0x0010_1010, b"AS", "062Y"),
        (0x0010_1020, b"DS", "1.68"),
        (0x0010_1030, b"DS", "64.5"),
        (0x0010_2160, b"SH", "Unknown"),
        (0x0010_21B0, b"LT", "Persistent cough, follow-up of a nodule in the right upper lobe."),
    ] {
        file.text(tag, vr, value);
    }
}

/// Group 0018: how the image was made.
const ACQUISITION: [(u32, &[u8; 2], &str); 26] = [
    (0x0018_0010, b"LO", "Iodinated contrast 300"),
    (0x0018_0015, b"CS", "CHEST"),
    (0x0018_0022, b"CS", "HELICAL MODE"),
    (0x0018_0050, b"DS", "1.250000"),
    (0x0018_0060, b"DS", "120"),
    (0x0018_0088, b"DS", "1.250000"),
    (0x0018_0090, b"DS", "500.000000"),
    (0x0018_1000, b"LO", "SN-000451"),
    (0x0018_1020, b"LO", "07MW18.4"),
    (0x0018_1030, b"LO", "5.4 Chest with contrast"),
    (0x0018_1040, b"LO", "IV"),
    (0x0018_1100, b"DS", "360.000000"),
    (0x0018_1110, b"DS", "949.075012"),
    (0x0018_1111, b"DS", "541.000000"),
    (0x0018_1120, b"DS", "0.000000"),
    (0x0018_1130, b"DS", "142.500000"),
    (0x0018_1140, b"CS", "CW"),
    (0x0018_1150, b"IS", "500"),
    (0x0018_1151, b"IS", "380"),
    (0x0018_1152, b"IS", "190"),
    (0x0018_1160, b"SH", "BODY FILTER"),
    (0x0018_1170, b"IS", "45600"),
    (0x0018_1190, b"DS", "1.200000"),
    (0x0018_1210, b"SH", "STANDARD"),
    (0x0018_5100, b"CS", "HFS"),
    (0x0018_9345, b"FD", "\0\0\0\0\0\0\u{14}@"), // 5.0, little endian
];

/// Group 0020: where the image belongs in its study and in space.
fn relations(file: &mut Elements, ids: Ids) {
    for (tag, vr, value) in [
        (0x0020_000D, b"UI", ids.study_uid().as_str()),
        (0x0020_000E, b"UI", &ids.series_uid()),
        (0x0020_0010, b"SH", "73102"),
        (0x0020_0011, b"IS", "3"),
        (0x0020_0012, b"IS", "1"),
        (0x0020_0013, b"IS", "17"),
        (0x0020_0032, b"DS", "-125.000000\\-144.100006\\-22.250000"),
        (0x0020_0037, b"DS", "1.000000\\0.000000\\0.000000\\0.000000\\1.000000\\0.000000"),
        (0x0020_0052, b"UI", &uid(5, 0)),
        (0x0020_1040, b"LO", "SN"),
        (0x0020_1041, b"DS", "-22.250000"),
        (0x0020_4000, b"LT", "Reconstructed at the console."),
    ] {
        file.text(tag, vr, value);
    }
}

/// Group 0028, the procedure, and the pixels.
fn image(file: &mut Elements, rows: u16, columns: u16) {
    file.number(0x0028_0002, 1);
    file.text(0x0028_0004, b"CS", "MONOCHROME2");
    file.number(0x0028_0010, rows);
    file.number(0x0028_0011, columns);
    file.text(0x0028_0030, b"DS", "0.488281\\0.488281");
    file.number(0x0028_0100, 16);
    file.number(0x0028_0101, 16);
    file.number(0x0028_0102, 15);
    file.number(0x0028_0103, 0);
    file.text(0x0028_1050, b"DS", "40");
    file.text(0x0028_1051, b"DS", "400");
    file.text(0x0028_1052, b"DS", "-1024");
    file.text(0x0028_1053, b"DS", "1");
    file.text(0x0028_1054, b"LO", "HU");
    file.text(0x0032_1060, b"LO", "CT chest with contrast");
    file.text(0x0040_0244, b"DA", "20240131");
    file.text(0x0040_0245, b"TM", "100000");
    file.text(0x0040_0253, b"SH", "PPS-2024-0731");
    file.text(0x0040_0254, b"LO", "CT chest with contrast");
    file.code(0x0040_0260, ["CTCHESTC", "99EXAMPLE", "CT of the chest with contrast"]);
    let pixels = usize::from(rows) * usize::from(columns);
    let pixels: Vec<u8> = (0..pixels).flat_map(|pixel| ((pixel * 7919 % 4096) as u16).to_le_bytes()).collect();
    file.bytes(0x7FE0_0010, b"OW", &pixels);
}

/// Elements in Explicit VR Little Endian, in the making.
#[derive(Debug, Default)]
struct Elements(Vec<u8>);

impl Elements {
    fn text(&mut self, tag: u32, vr: &[u8; 2], value: &str) {
        let mut bytes = value.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if vr == b"UI" { 0 } else { b' ' });
        }
        self.bytes(tag, vr, &bytes);
    }

    fn number(&mut self, tag: u32, value: u16) {
        self.bytes(tag, b"US", &value.to_le_bytes());
    }

    /// A sequence of one code (PS3.3 8.8): value, scheme, meaning.
    fn code(&mut self, tag: u32, [value, scheme, meaning]: [&str; 3]) {
        let mut item = Self::default();
        item.text(0x0008_0100, b"SH", value);
        item.text(0x0008_0102, b"SH", scheme);
        item.text(0x0008_0104, b"LO", meaning);
        self.sequence(tag, &item);
    }

    /// A sequence of one item.
    fn sequence(&mut self, tag: u32, item: &Self) {
        let length = u32::try_from(item.0.len()).unwrap_or_default();
        let header = [[0xFE, 0xFF, 0x00, 0xE0], length.to_le_bytes()].concat();
        self.bytes(tag, b"SQ", &[header, item.0.clone()].concat());
    }

    fn bytes(&mut self, tag: u32, vr: &[u8; 2], value: &[u8]) {
        let [group, element] = [(tag >> 16) as u16, tag as u16].map(u16::to_le_bytes);
        let length = u32::try_from(value.len()).unwrap_or_default().to_le_bytes();
        self.0.extend([group, element].concat());
        self.0.extend_from_slice(vr);
        match vr {
            b"OB" | b"OW" | b"SQ" => self.0.extend([[0, 0].as_slice(), &length].concat()),
            _ => self.0.extend_from_slice(&length[..2]),
        }
        self.0.extend_from_slice(value);
    }
}
