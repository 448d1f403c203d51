//! The table of canonical definitions, sorted by code, and the table of their options.
//!
//! A row has these columns: documentation, variant, immediates in the order of the binary format,
//! code, the error for a byte after the code if that byte must be zero, keyword, feature, and the
//! type of the core function: an arrow, or `special` if it depends on the immediates in other ways
//! than by the type of the resource (`rep`) and the address type of the memory (`addr`).
//!
//! These are the only lists of canonical definitions and options in the repository. To add a
//! built-in, add its row; if its immediates are of existing kinds, no other code is needed to read
//! and write it.
//!
//! Spec: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#canonical-definitions>

/// Passes every row to the macro named `$use`.
macro_rules! for_each_canon {
    ($use:ident) => {
        $use! {
            /// Makes a function of the component from a core function.
            Lift { func: FuncIdx, opts: CanonOpts, ty: ComponentTypeIdx } = 0x00 zero CanonLift "lift" ComponentModel : (special);
            /// Makes a core function from a function of the component.
            Lower { func: ComponentFuncIdx, opts: CanonOpts } = 0x01 zero CanonLower "lower" ComponentModel : (special);
            /// Makes a handle.
            ResourceNew { resource: ComponentTypeIdx } = 0x02 "resource.new" ComponentModel : ([rep] -> [i32]);
            /// Drops a handle.
            ResourceDrop { resource: ComponentTypeIdx } = 0x03 "resource.drop" ComponentModel : ([i32] -> []);
            /// Returns the representation of a resource.
            ResourceRep { resource: ComponentTypeIdx } = 0x04 "resource.rep" ComponentModel : ([i32] -> [rep]);
            /// Answers a request to cancel the current task.
            TaskCancel = 0x05 "task.cancel" CmAsync : ([] -> []);
            /// Asks a subtask to end.
            SubtaskCancel { is_async: Async } = 0x06 "subtask.cancel" CmAsync : ([i32] -> [i32]);
            /// Returns from the current task.
            TaskReturn { result: ResultList, opts: CanonOpts } = 0x09 "task.return" CmAsync : (special);
            /// Reads a slot of the current thread's context.
            ContextGet { slot: ContextSlot } = 0x0a "context.get" CmAsync : (special);
            /// Writes a slot of the current thread's context.
            ContextSet { slot: ContextSlot } = 0x0b "context.set" CmAsync : (special);
            /// Lets other threads run.
            ThreadYield = 0x0c zero ReservedByte "thread.yield" CmAsync : ([] -> [i32]);
            /// Drops a subtask.
            SubtaskDrop = 0x0d "subtask.drop" CmAsync : ([i32] -> []);
            /// Makes a stream.
            StreamNew { ty: ComponentTypeIdx } = 0x0e "stream.new" CmAsync : ([] -> [i64]);
            /// Reads from a stream.
            StreamRead { ty: ComponentTypeIdx, opts: CanonOpts } = 0x0f "stream.read" CmAsync : ([i32 addr addr] -> [addr]);
            /// Writes to a stream.
            StreamWrite { ty: ComponentTypeIdx, opts: CanonOpts } = 0x10 "stream.write" CmAsync : ([i32 addr addr] -> [addr]);
            /// Cancels a read from a stream.
            StreamCancelRead { ty: ComponentTypeIdx, is_async: Async } = 0x11 "stream.cancel-read" CmAsync : ([i32] -> [i32]);
            /// Cancels a write to a stream.
            StreamCancelWrite { ty: ComponentTypeIdx, is_async: Async } = 0x12 "stream.cancel-write" CmAsync : ([i32] -> [i32]);
            /// Drops the readable end of a stream.
            StreamDropReadable { ty: ComponentTypeIdx } = 0x13 "stream.drop-readable" CmAsync : ([i32] -> []);
            /// Drops the writable end of a stream.
            StreamDropWritable { ty: ComponentTypeIdx } = 0x14 "stream.drop-writable" CmAsync : ([i32] -> []);
            /// Makes a future.
            FutureNew { ty: ComponentTypeIdx } = 0x15 "future.new" CmAsync : ([] -> [i64]);
            /// Reads a future.
            FutureRead { ty: ComponentTypeIdx, opts: CanonOpts } = 0x16 "future.read" CmAsync : ([i32 addr] -> [i32]);
            /// Writes a future.
            FutureWrite { ty: ComponentTypeIdx, opts: CanonOpts } = 0x17 "future.write" CmAsync : ([i32 addr] -> [i32]);
            /// Cancels the read of a future.
            FutureCancelRead { ty: ComponentTypeIdx, is_async: Async } = 0x18 "future.cancel-read" CmAsync : ([i32] -> [i32]);
            /// Cancels the write of a future.
            FutureCancelWrite { ty: ComponentTypeIdx, is_async: Async } = 0x19 "future.cancel-write" CmAsync : ([i32] -> [i32]);
            /// Drops the readable end of a future.
            FutureDropReadable { ty: ComponentTypeIdx } = 0x1a "future.drop-readable" CmAsync : ([i32] -> []);
            /// Drops the writable end of a future.
            FutureDropWritable { ty: ComponentTypeIdx } = 0x1b "future.drop-writable" CmAsync : ([i32] -> []);
            /// Makes an error context from a message.
            ErrorContextNew { opts: CanonOpts } = 0x1c "error-context.new" CmErrorContext : ([addr addr] -> [i32]);
            /// Returns the message of an error context.
            ErrorContextDebugMessage { opts: CanonOpts } = 0x1d "error-context.debug-message" CmErrorContext : ([i32 addr] -> []);
            /// Drops an error context.
            ErrorContextDrop = 0x1e "error-context.drop" CmErrorContext : ([i32] -> []);
            /// Makes a set of waitables.
            WaitableSetNew = 0x1f "waitable-set.new" CmAsync : ([] -> [i32]);
            /// Waits for an event in a set.
            WaitableSetWait { memory: MemIdx } = 0x20 zero ReservedByte "waitable-set.wait" CmAsync : ([i32 addr] -> [i32]);
            /// Takes an event of a set, if there is one.
            WaitableSetPoll { memory: MemIdx } = 0x21 zero ReservedByte "waitable-set.poll" CmAsync : ([i32 addr] -> [i32]);
            /// Drops a set of waitables.
            WaitableSetDrop = 0x22 "waitable-set.drop" CmAsync : ([i32] -> []);
            /// Puts a waitable into a set, or takes it out.
            WaitableJoin = 0x23 "waitable.join" CmAsync : ([i32 i32] -> []);
            /// Holds back new tasks.
            BackpressureInc = 0x24 "backpressure.inc" CmAsync : ([] -> []);
            /// Undoes a `backpressure.inc`.
            BackpressureDec = 0x25 "backpressure.dec" CmAsync : ([] -> []);
            /// Returns the index of the current thread.
            ThreadIndex = 0x26 "thread.index" CmThreading : ([] -> [i32]);
            /// Makes a thread of a function in a table.
            ThreadNewIndirect { ty: TypeIdx, table: TableIdx } = 0x27 "thread.new-indirect" CmThreading : (special);
            /// Lets a suspended thread run later.
            ThreadResumeLater = 0x28 "thread.resume-later" CmThreading : ([i32] -> []);
            /// Suspends the current thread.
            ThreadSuspend = 0x29 zero ReservedByte "thread.suspend" CmThreading : ([] -> [i32]);
            /// Suspends the current thread and resumes another.
            ThreadSuspendThenResume = 0x2a zero ReservedByte "thread.suspend-then-resume" CmThreading : ([i32] -> [i32]);
            /// Yields and resumes another thread.
            ThreadYieldThenResume = 0x2b zero ReservedByte "thread.yield-then-resume" CmThreading : ([i32] -> [i32]);
            /// Suspends the current thread and promotes another.
            ThreadSuspendThenPromote = 0x2c zero ReservedByte "thread.suspend-then-promote" CmThreading : ([i32] -> [i32]);
            /// Yields and promotes another thread.
            ThreadYieldThenPromote = 0x2d zero ReservedByte "thread.yield-then-promote" CmThreading : ([i32] -> [i32]);
            /// Connects two streams.
            StreamForward { ty: ComponentTypeIdx } = 0x2e "stream.forward" CmForward : ([i32 i32] -> []);
            /// Connects two futures.
            FutureForward { ty: ComponentTypeIdx } = 0x2f "future.forward" CmForward : ([i32 i32] -> []);
            /// Starts a thread with a function reference.
            ThreadSpawnRef { is_shared: Shared, ty: TypeIdx } = 0x40 "thread.spawn-ref" SharedEverythingThreads : (special);
            /// Starts a thread with a function in a table.
            ThreadSpawnIndirect { is_shared: Shared, ty: TypeIdx, table: TableIdx } = 0x41 "thread.spawn-indirect" SharedEverythingThreads : (special);
            /// Returns the number of threads that can run at once.
            ThreadAvailableParallelism { is_shared: Shared } = 0x42 "thread.available-parallelism" SharedEverythingThreads : ([] -> [i32]);
        }
    };
}
pub(super) use for_each_canon;

/// Passes every row of the options to the macro named `$use`: variant, index, code, keyword and
/// feature.
macro_rules! for_each_canon_opt {
    ($use:ident) => {
        $use! {
            /// Strings are in UTF-8.
            Utf8 = 0x00 "string-encoding=utf8" ComponentModel;
            /// Strings are in UTF-16.
            Utf16 = 0x01 "string-encoding=utf16" ComponentModel;
            /// Strings are in Latin-1 or UTF-16. Each string states its encoding.
            CompactUtf16 = 0x02 "string-encoding=latin1+utf16" ComponentModel;
            /// The memory that pointers point into.
            Memory(MemIdx) = 0x03 "memory" ComponentModel;
            /// The core function that allocates memory.
            Realloc(FuncIdx) = 0x04 "realloc" ComponentModel;
            /// The core function that is called when the results have been read.
            PostReturn(FuncIdx) = 0x05 "post-return" ComponentModel;
            /// The call is asynchronous.
            Async = 0x06 "async" CmAsync;
            /// The core function that is called with events.
            Callback(FuncIdx) = 0x07 "callback" CmAsync;
            /// The core type that a function is lowered to.
            CoreType(TypeIdx) = 0x08 "core-type" CmGc;
            /// Values are structs, arrays and references.
            Gc = 0x09 "gc" CmGc;
        }
    };
}
pub(super) use for_each_canon_opt;
