import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { sha256Of } from '../pins.ts';

const SITE = 'https://temporal.download';
/** Time limit for a slow download. If the site cannot be reached, the download usually fails at once. */
const DOWNLOAD_WITHIN_MS = 120_000;

export interface OfficialDownload {
  /** Its name on the site. */
  artifact: string;
  version: string;
  /** Where the program is written. */
  path: string;
  /** The program's pinned hash. */
  sha256: string;
  folder: string;
  site?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads a program as the Temporal SDKs do. If that fails or the hash is not the pinned one, returns false and
 * leaves no file.
 */
export async function downloadOfficial(download: OfficialDownload): Promise<boolean> {
  const { path, folder, sha256, signal } = download;
  const archive = join(folder, 'archive');
  try {
    const name = await downloadArchive(download, archive);
    // The name comes from the network. tar writes to stdout, so the name cannot choose where the file is written.
    await execa('tar', ['-xzOf', archive, '--', name], { stdout: { file: path }, stdin: 'ignore' });
    if ((await sha256Of(path)) === sha256) return true;
  } catch {
    signal?.throwIfAborted();
  } finally {
    await rm(archive, { force: true });
  }
  await rm(path, { force: true });
  return false;
}

/** Returns the name of the program in the archive. */
async function downloadArchive(download: OfficialDownload, archive: string): Promise<string> {
  const { artifact, version, site = SITE, signal } = download;
  const within = AbortSignal.any([AbortSignal.timeout(DOWNLOAD_WITHIN_MS), ...(signal ? [signal] : [])]);
  const query = new URLSearchParams({ arch: arch() === 'x64' ? 'amd64' : arch(), platform: platform() });
  if (artifact === 'cli') query.set('format', 'tar.gz');
  const info = await get(`${site}/${artifact}/v${version}?${query}`, within);
  const { archiveUrl, fileToExtract } = (await info.json()) as { archiveUrl: string; fileToExtract: string };
  const { body } = await get(archiveUrl, within);
  await pipeline(body!, createWriteStream(archive));
  return fileToExtract;
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} returned ${response.status}`);
  return response;
}
