/** Hands a file to the browser to be saved. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  // What file systems take differs; these characters go everywhere.
  link.download = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
  link.click();
  // The click has read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
