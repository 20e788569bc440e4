import type { Suspicion } from './names.ts'

/**
 * Whether a text under a name of this suspicion is a secret. Ids stay readable: tickers, wallet
 * addresses, long decimal token ids, Solana transaction ids, plain numbers.
 * @param beside whether a secret or passphrase stands beside it, which makes a bare `key` an API
 * key
 */
export function isSecretText(suspicion: Suspicion, text: string, beside: boolean): boolean {
  switch (suspicion) {
    case 'plain':
      return false
    case 'secret':
    case 'line':
    case 'phrase':
      return text !== ''
    case 'signature':
      return text !== '' && !/^\d{1,6}$/.test(text) && !isSolanaTransaction(text)
    case 'token':
      return !isAsset(text)
    case 'sign':
      // `sig_20240115_000001` is the id of a signal.
      return text.length >= 16 && !/\s|^sig[_-]/.test(text)
    case 'pass':
      return text.length >= 4 && !/^(?:pass|fail|passed|failed|true|false|none|null)$/i.test(text)
    case 'seed':
      return text.length >= 32 && (!/[\s.]/.test(text) || wordCount(text) >= 12)
    case 'key':
      return (
        isPrivateKey(text) || (beside && text.length >= 16 && /\d/.test(text) && !/\s/.test(text))
      )
    case 'address':
      return isWalletAddress(text)
  }
}

/** Whether an object or list under a name of this suspicion is secret with all that is in it. */
export function isSecretAsWhole(suspicion: Suspicion): boolean {
  return (
    suspicion === 'secret' ||
    suspicion === 'line' ||
    suspicion === 'phrase' ||
    suspicion === 'signature'
  )
}

/** What a market or a chain calls a token: a ticker, a contract, a token id. */
function isAsset(text: string): boolean {
  if (text.length > 100) return /\s/.test(text)
  return (
    /^[A-Za-z0-9.$_/:-]{0,11}$/.test(text) ||
    /^[A-Z0-9]{2,12}(?:[/:_-][A-Z0-9]{1,12}){1,4}$/.test(text) ||
    /^0x[0-9a-fA-F]{40}$/.test(text) ||
    /^\d+$/.test(text) ||
    /^[1-9A-HJ-NP-Za-km-z]{43,44}$/.test(text) ||
    /\s/.test(text)
  )
}

// 64 bytes in base58. Padded base64 of as many bytes ends in `==`, so an API signature is no such
// text.
function isSolanaTransaction(text: string): boolean {
  return /^[1-9A-HJ-NP-Za-km-z]{87,88}$/.test(text)
}

// 32 bytes: as hex, or as a Solana key pair in base58.
function isPrivateKey(text: string): boolean {
  return /^(?:0x)?[0-9a-fA-F]{64}$/.test(text) || isSolanaTransaction(text)
}

/** EVM, Tron, Bitcoin and Cosmos (bech32), Solana. */
function isWalletAddress(text: string): boolean {
  return (
    /^0x[0-9a-fA-F]{40}$/.test(text) ||
    /^[1-9A-HJ-NP-Za-km-z]{26,44}$/.test(text) ||
    /^[a-z]{2,10}1[02-9ac-hj-np-z]{38,71}$/.test(text)
  )
}

function wordCount(text: string): number {
  return text.slice(0, 1000).split(/\s+/).filter(Boolean).length
}
