import type { Settings } from './settings.ts'

const mebibyte = 1024 * 1024

/** Zone of the days that files are named by, and of the times in them. */
export const timeZoneSetting = {
  kind: 'string',
  brief: 'Zone of dates and times: UTC, local, or an IANA name.',
  variables: ['FILLPATH_TIME_ZONE'],
  default: 'UTC',
} as const

/** How files are kept, by a desk or by a bot that writes its own: the same words, defaults and variables. */
export const archiveSettings = {
  timeZone: timeZoneSetting,
  fileMax: {
    kind: 'size',
    min: mebibyte,
    brief: 'Size after which a day goes on in another file.',
    variables: ['FILLPATH_FILE_MAX'],
    default: 256 * mebibyte,
  },
  dataMax: {
    kind: 'size',
    min: 256 * mebibyte,
    brief:
      'What the folder may take on the disk, with its index; past it the oldest files are deleted.',
    variables: ['FILLPATH_DATA_MAX'],
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
  categories: {
    kind: 'string',
    brief:
      "Files of one's own: NAME: event=PATTERN module=PATTERN level=LEVEL ATTRIBUTE=PATTERN; NAME: …",
    variables: ['FILLPATH_CATEGORIES'],
  },
} as const satisfies Settings
