import { meet, native, person, NOON_MS } from "./packages/gossip-sdk/test-support/people.ts";
import { encryptMessage, decryptValue, awaitedSeeker } from "./packages/gossip-sdk/src/session/peer-session.ts";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
const T:Record<string,number[]>={};
const w:any={name:'native'};
let cur:Record<string,number>={};
for(const k of Object.keys(native) as any[]){const f=(native as any)[k]; w[k]= typeof f==='function'? (...a:any[])=>{const s=performance.now();const r=f(...a);cur[k]=(cur[k]??0)+performance.now()-s;return r}:f}
const ends=meet(person(1),person(2)); let A=ends.alice.session,B=ends.bob.session;
const contents=new Uint8Array(200); const seed=new Uint8Array(64);
const cold=process.argv[2]==='cold';
for(let i=0;i<400;i++){
  if(cold) for(let j=0;j<3;j++){const k=ml_kem768.keygen(seed);ml_kem768.encapsulate(k.publicKey)}
  cur={}; let s=performance.now(); const m=encryptMessage(A,{contents,nowMs:NOON_MS,crypto:w})!; let t=performance.now()-s;
  const c1=cur; 
  cur={}; s=performance.now(); const r=decryptValue(B,{seeker:m.seeker,data:m.data,nowMs:NOON_MS,identity:ends.bob.identity,crypto:w}); const t2=performance.now()-s; const c2=cur; B=r.session; A=m.session;
  const b=encryptMessage(B,{contents,nowMs:NOON_MS,crypto:native})!; B=b.session; A=decryptValue(A,{seeker:b.seeker,data:b.data,nowMs:NOON_MS,identity:ends.alice.identity,crypto:native}).session;
  if(i>150){ for(const [p,tt,c] of [['S ',t,c1],['R ',t2,c2]] as any){(T[p+'total']??=[]).push(tt);let sum=0;for(const k in c){(T[p+k]??=[]).push(c[k]);sum+=c[k]}(T[p+'js']??=[]).push(tt-sum)}}
}
for(const k in T){T[k]!.sort((a,b)=>a-b);console.log(k.padEnd(25),(T[k]![T[k]!.length>>1]!*1000).toFixed(0))}
