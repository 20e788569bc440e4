import { archiveSettings, timeZoneSetting } from '../wire/archive-settings.ts'
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
  timeZone: timeZoneSetting,
} as const satisfies Settings

/** The settings of a desk. */
export const deskSettings = {
  ...folderSettings,
  ...archiveSettings,
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
} as const satisfies Settings

/** What a desk is told. */
export type DeskSettings = Values<typeof deskSettings>
