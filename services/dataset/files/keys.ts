/** All that is one tenant's lies under one prefix, and nothing of another's. A tenant's name has no slash. */
const ofTenant = (tenant: string | undefined, name: string) => (tenant === undefined ? name : `t=${tenant}/${name}`);

/** @param imageId "sha256:" and 64 hex digits. */
export function pictureKey(tenant: string | undefined, imageId: string): string {
  const digest = imageId.slice("sha256:".length);
  return ofTenant(tenant, `pictures/${digest.slice(0, 2)}/${digest}`);
}

/** What came to be imported, as it came. */
export const importKey = (tenant: string | undefined, job: string) => ofTenant(tenant, `imports/${job}/file`);

/** What an export job has made. */
export const exportKey = (tenant: string | undefined, job: string) => ofTenant(tenant, `exports/${job}/file`);

/** What begins the keys of all that is a tenant's, or nobody's. */
export const prefixesOfTenant = (tenant: string | undefined) =>
  ["pictures/", "imports/", "exports/"].map((kind) => ofTenant(tenant, kind));
