import { dataFolderDefault } from '../wire/paths.ts'
import { otlpGrpcPort, otlpHttpPort } from '../wire/ports.ts'
import type { Settings, Values } from '../wire/settings.ts'

const mebibyte = 1024 * 1024

/** Where the files are and how times are read: what every command that looks at them needs. */
export const folderSettings = {
  data: {
    kind: 'string',
    brief: 'Folder of the files.',
    variables: ['FILLPATH_DATA'],
    default: `./${dataFolderDefault}`,
  },
  timeZone: {
    kind: 'string',
    brief: 'Zone of dates and times: UTC, local, or an IANA name.',
    variables: ['FILLPATH_TIME_ZONE'],
    default: 'UTC',
  },
} as const satisfies Settings

/** The settings of a desk. */
export const deskSettings = {
  ...folderSettings,
  host: {
    kind: 'string',
    brief: 'Address to listen on.',
    variables: ['FILLPATH_DESK_HOST'],
    default: '127.0.0.1',
  },
  httpPort: {
    kind: 'integer',
    min: 0,
    max: 65_535,
    brief: 'Port of OTLP/HTTP; 0 takes a free one.',
    variables: ['FILLPATH_DESK_HTTP_PORT'],
    default: otlpHttpPort,
  },
  grpcPort: {
    kind: 'integer',
    min: 0,
    max: 65_535,
    brief: 'Port of OTLP/gRPC; 0 takes a free one.',
    variables: ['FILLPATH_DESK_GRPC_PORT'],
    default: otlpGrpcPort,
  },
  token: {
    kind: 'string',
    pattern: /^[\x21-\x7e]{8,}$/,
    allowed: 'a text of at least 8 characters without blanks',
    secret: true,
    brief: 'Bearer token that senders must show.',
    variables: ['FILLPATH_DESK_TOKEN'],
  },
  allowHosts: {
    kind: 'string',
    brief: 'Names under which the desk may be called, with commas between, beside its addresses.',
    variables: ['FILLPATH_DESK_ALLOW_HOSTS'],
  },
  bodyMax: {
    kind: 'size',
    min: 65_536,
    max: 256 * mebibyte,
    brief: 'Largest request, as sent and as inflated.',
    variables: ['FILLPATH_DESK_BODY_MAX'],
    default: 16 * mebibyte,
  },
  durable: {
    kind: 'boolean',
    brief:
      'Whether a request is answered only once the disk has it, so that a power cut loses nothing.',
    variables: ['FILLPATH_DESK_DURABLE'],
    default: true,
  },
  fileMax: {
    kind: 'size',
    min: mebibyte,
    brief: 'Size after which a day goes on in another file.',
    variables: ['FILLPATH_FILE_MAX'],
    default: 256 * mebibyte,
  },
  diskFreeMin: {
    kind: 'size',
    brief: 'Free disk space below which order-book snapshots are thinned, then left out; 0 never.',
    variables: ['FILLPATH_DISK_FREE_MIN'],
    default: 1024 * mebibyte,
  },
  snapshotsEvery: {
    kind: 'integer',
    max: 1_000_000,
    brief: 'Of so many order-book snapshots of a task one is kept; 0 keeps none.',
    variables: ['FILLPATH_SNAPSHOTS_EVERY'],
    default: 1,
  },
  archiveAfterDays: {
    kind: 'integer',
    unit: 'days',
    max: 36_500,
    brief: 'Days after which a file is compressed into archive/; 0 never.',
    variables: ['FILLPATH_ARCHIVE_AFTER_DAYS'],
    default: 7,
  },
  deleteAfterDays: {
    kind: 'integer',
    unit: 'days',
    max: 36_500,
    brief: 'Days after which a file is deleted, compressed or not; 0 never.',
    variables: ['FILLPATH_DELETE_AFTER_DAYS'],
    default: 90,
  },
} as const satisfies Settings

/** What a desk is told. */
export type DeskSettings = Values<typeof deskSettings>
