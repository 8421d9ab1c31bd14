//! What a workitem must have before it becomes COMPLETED or CANCELED (PS3.4 table CC.2.5-3, "Final State").

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{Violation, require};
use crate::{dicom::json::Document, domain::workitem::state::Target};

/// What a final state asks for.
struct Asked {
    tag: Tag,
    /// What it asks for in every item.
    items: &'static [Tag],
}

/// Both final states ask for these.
const ALWAYS: [Tag; 7] = [
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::SCHEDULED_PROCEDURE_STEP_PRIORITY,
    tags::SCHEDULED_PROCEDURE_STEP_MODIFICATION_DATE_TIME,
    tags::SCHEDULED_PROCEDURE_STEP_START_DATE_TIME,
    tags::INPUT_READINESS_STATE,
    tags::PROCEDURE_STEP_STATE,
];

/// CANCELED: when and why it was given up.
const CANCELED: Asked = Asked {
    tag: tags::PROCEDURE_STEP_PROGRESS_INFORMATION_SEQUENCE,
    items: &[tags::PROCEDURE_STEP_CANCELLATION_DATE_TIME, tags::PROCEDURE_STEP_DISCONTINUATION_REASON_CODE_SEQUENCE],
};

/// COMPLETED: what was done. The performers, required "if known", are never asked for.
const COMPLETED: Asked = Asked {
    tag: tags::UNIFIED_PROCEDURE_STEP_PERFORMED_PROCEDURE_SEQUENCE,
    items: &[
        tags::PERFORMED_STATION_NAME_CODE_SEQUENCE,
        tags::PERFORMED_PROCEDURE_STEP_START_DATE_TIME,
        tags::PERFORMED_WORKITEM_CODE_SEQUENCE,
        tags::PERFORMED_PROCEDURE_STEP_END_DATE_TIME,
        tags::OUTPUT_INFORMATION_SEQUENCE,
    ],
};

/// Checks a workitem as it would be in the final state; names the first violation. Nothing is asked of others.
pub fn check(dataset: &Document, target: Target) -> Result<(), Violation> {
    let asked = match target {
        Target::InProgress => return Ok(()),
        Target::Completed => COMPLETED,
        Target::Canceled => CANCELED,
    };
    for tag in ALWAYS {
        require(dataset, tag)?;
    }
    let items = require(dataset, asked.tag)?.items();
    if items.is_empty() {
        return Err(Violation::NoValue(asked.tag));
    }
    for item in items {
        for tag in asked.items {
            require(item, *tag)?;
        }
    }
    Ok(())
}
