//! How many operands instructions take and leave.
