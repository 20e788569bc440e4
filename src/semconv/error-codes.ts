/** What a code means and what its reader can do. */
export interface ErrorCodeDefinition {
  readonly brief: string
  readonly hint: string
}

/** Every error code of fillpath. A code is never renamed and never reused. */
export const errorCodes = {
  setting_invalid: {
    brief: 'An option or environment variable has a value that is not allowed.',
    hint: 'Set it to one of the values named, or remove it to get the default.',
  },
  usage: {
    brief: 'A command was called with words it does not know.',
    hint: 'See the help of the command.',
  },
  port_taken: {
    brief: 'Another process listens on the port.',
    hint: 'Stop that process, or choose another port.',
  },
  folder_unwritable: {
    brief: 'The data folder cannot be created or written.',
    hint: 'Check its owner and mode, or choose another folder.',
  },
  folder_in_use: {
    brief: 'Another desk writes to the data folder.',
    hint: 'Stop the other desk, or choose another folder.',
  },
  otlp_malformed: {
    brief: 'The body of an OTLP request cannot be read.',
    hint: 'Check that the sender speaks OTLP 1.x and that nothing on the way changes the body.',
  },
  line_malformed: {
    brief: 'A line of a JSONL file is not a record of fillpath.',
    hint: 'The rest of the file is read; look at the line with the file and number given.',
  },
  market_malformed: {
    brief: 'A recorded market cannot be read.',
    hint: 'See the layouts named in the message.',
  },
  not_found: {
    brief: 'Nothing matches what was asked for.',
    hint: 'Check the id, or look at the nearest matches.',
  },
  index_unusable: {
    brief:
      'The SQLite index is damaged, newer than this fillpath, or a database of something else.',
    hint: 'The files are the truth: make the index anew from them with "fillpath rebuild".',
  },
  index_busy: {
    brief: 'Another process holds the SQLite index.',
    hint: 'Try again when it is done; nothing is lost, for the files are the truth.',
  },
  spool_version: {
    brief: 'A spool was written by a version of fillpath that this one cannot read.',
    hint: 'Drain it with the version that wrote it; nothing in it was touched.',
  },
  spool_unavailable: {
    brief: 'The spool folder cannot be used.',
    hint: 'Records go to the stock exporters from memory until the folder can be written.',
  },
  spool_not_durable: {
    brief: 'The disk did not take all records to stable storage.',
    hint: 'Look at the disk: it is full or failing. Records are kept in the reserve or in memory, and written when it takes them.',
  },
  not_delivered: {
    brief: 'A receiver did not take all records of a spool.',
    hint: 'They are still on disk. Mend what the message says and drain again: it goes on where it ended.',
  },
  server_unreachable: {
    brief: 'A server of the stack does not answer.',
    hint: 'See which server is broken, and what to do, with "fillpath stack check".',
  },
  server_refused: {
    brief: 'A server of the stack answered with an error.',
    hint: 'Mend what the server says; "fillpath stack check" asks each server by itself.',
  },
  already_started: {
    brief: 'Telemetry was started twice in one process.',
    hint: 'Call start() once and hand its result on; the second call got the running telemetry.',
  },
  file_unusable: {
    brief: 'A file or folder cannot be read or written.',
    hint: 'Check its owner and mode, and the disk that it is on.',
  },
  output_unwritable: {
    brief: 'The output of a command cannot be written where it was sent to.',
    hint: 'Look at the disk of that file, and do not use the part that is in it.',
  },
  node_too_old: {
    brief: 'The Node.js that runs the command is older than fillpath needs.',
    hint: 'Install a newer one, or put it first on the PATH.',
  },
  internal: {
    brief: 'A fault inside fillpath. The bot is not affected.',
    hint: 'Please report it with the stack.',
  },
} as const satisfies Record<string, ErrorCodeDefinition>

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes
