//! The kinds of event, as the log spells them.

/// See [`super::Fact::InstanceStored`].
pub const INSTANCE_STORED: &str = "instanceStored";
/// See [`super::Fact::InstanceReplaced`].
pub const INSTANCE_REPLACED: &str = "instanceReplaced";
/// See [`super::Fact::InstanceUpdated`].
pub const INSTANCE_UPDATED: &str = "instanceUpdated";
/// See [`super::Fact::InstanceDeleted`].
pub const INSTANCE_DELETED: &str = "instanceDeleted";
/// See [`super::Fact::ExpirySet`].
pub const EXPIRY_SET: &str = "expirySet";
/// A workitem came to be; see [`super::WorkitemFact`], and so for the next three.
pub const WORKITEM_CREATED: &str = "workitemCreated";
/// Attributes of a workitem were replaced or added.
pub const WORKITEM_UPDATED: &str = "workitemUpdated";
/// A workitem was claimed, completed or given up.
pub const WORKITEM_STATE_CHANGED: &str = "workitemStateChanged";
/// A workitem was cancelled before anybody claimed it.
pub const WORKITEM_CANCELLED: &str = "workitemCancelled";
/// An extended query tag came to be; see [`super::QueryTagFact`], and so for the next three.
pub const QUERY_TAG_ADDED: &str = "queryTagAdded";
/// An extended query tag became ready, or searching it was allowed or forbidden.
pub const QUERY_TAG_CHANGED: &str = "queryTagChanged";
/// An extended query tag went.
pub const QUERY_TAG_REMOVED: &str = "queryTagRemoved";
/// Instances were looked through for new extended query tags.
pub const QUERY_TAGS_REINDEXED: &str = "queryTagsReindexed";
/// An operation was asked for; see [`super::OperationFact`], and so for the next two.
pub const OPERATION_STARTED: &str = "operationStarted";
/// A step of an operation was done.
pub const OPERATION_PROGRESSED: &str = "operationProgressed";
/// An operation ended.
pub const OPERATION_ENDED: &str = "operationEnded";
/// See [`super::Fact::PartitionCreated`].
pub const PARTITION_CREATED: &str = "partitionCreated";
/// See [`super::Fact::ClockMoved`].
pub const CLOCK_MOVED: &str = "clockMoved";

/// Every kind that there is.
pub const ALL: [&str; 18] = [
    INSTANCE_STORED,
    INSTANCE_REPLACED,
    INSTANCE_UPDATED,
    INSTANCE_DELETED,
    EXPIRY_SET,
    WORKITEM_CREATED,
    WORKITEM_UPDATED,
    WORKITEM_STATE_CHANGED,
    WORKITEM_CANCELLED,
    QUERY_TAG_ADDED,
    QUERY_TAG_CHANGED,
    QUERY_TAG_REMOVED,
    QUERY_TAGS_REINDEXED,
    OPERATION_STARTED,
    OPERATION_PROGRESSED,
    OPERATION_ENDED,
    PARTITION_CREATED,
    CLOCK_MOVED,
];
