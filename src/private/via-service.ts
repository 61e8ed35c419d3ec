import { Aws, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';

/**
 * The values of `kms:ViaService` for a service.
 *
 * The suffix of the partition beside `amazonaws.com`, but where the two are known to be the same: the documentation of the
 * condition key does not say which of them the China Regions and the isolated ones send.
 */
export function viaService(service: string, region: string): string | string[] {
  const global = `${service}.${region}.amazonaws.com`;
  const partition = Token.isUnresolved(region) ? undefined : RegionInfo.get(region).partition;
  return partition === 'aws' || partition === 'aws-us-gov' ? global : [global, `${service}.${region}.${Aws.URL_SUFFIX}`];
}
