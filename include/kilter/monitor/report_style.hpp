#pragma once
/// @file
/// The style sheet of a report and the script of its read-out. The page is complete without the script.

#include <string_view>

namespace kilter::monitor::detail {

inline constexpr std::string_view report_css = R"css(
:root{color-scheme:light dark;--kilter-ink:#1b1f24;--kilter-muted:#5c6570;--kilter-grid:#e6e8eb;--kilter-rule:#9aa3ad;
--kilter-paper:#fff;--kilter-soft:#f4f5f7;--kilter-good:#0b7a4b;--kilter-warn:#9a5b00;--kilter-bad:#b3261e;--kilter-best:#e8f3fb}
@media screen and (prefers-color-scheme:dark){:root{--kilter-ink:#e4e7eb;--kilter-muted:#9aa4b0;--kilter-grid:#2a3037;
--kilter-rule:#5b6570;--kilter-paper:#14171b;--kilter-soft:#1d2127;--kilter-good:#4cc38a;--kilter-warn:#f0b03a;--kilter-bad:#ff7b6e;
--kilter-best:#17303f;--kilter-c0:#3b99da;--kilter-c1:#e9ab2e;--kilter-c2:#12a97f;--kilter-c3:#e0671c;--kilter-c6:#8793a0}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--kilter-paper);color:var(--kilter-ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
main,header.page,footer.page{max-width:1100px;margin:0 auto;padding:0 20px}
header.page{padding-top:40px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0}
.subtitle{color:var(--kilter-muted);font-size:17px;margin:8px 0 0;max-width:75ch}
h2{font-size:22px;letter-spacing:-.01em;line-height:1.25;margin:56px 0 12px;padding-top:20px;border-top:1px solid var(--kilter-grid);
scroll-margin-top:8px}
h3{font-size:17px;margin:28px 0 8px}
h4{font-size:15px;font-weight:600;margin:0 0 8px}
p{margin:0 0 14px;max-width:75ch}
ul{margin:0 0 14px;padding-left:22px;max-width:75ch}
nav{margin:24px 0 0;display:flex;flex-wrap:wrap;gap:6px 18px;font-size:14px}
a{color:var(--kilter-c0,#0072b2);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0}
.fact{background:var(--kilter-soft);border-radius:8px;padding:14px 16px}
.fact .label{font-size:13px;color:var(--kilter-muted)}
.fact .value{font-size:23px;font-weight:600;letter-spacing:-.01em;line-height:1.3;white-space:nowrap}
.fact .note{font-size:13px;color:var(--kilter-muted)}
.good .note,.badge.good{color:var(--kilter-good)}
.warn .note,.badge.warn{color:var(--kilter-warn)}
.bad .note,.badge.bad{color:var(--kilter-bad)}
figure{margin:24px 0 32px}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figcaption,.note{color:var(--kilter-muted);font-size:14px;margin:8px 0 0;max-width:90ch}
.fact .note{margin:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:7px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--kilter-grid)}
th{font-weight:600;color:var(--kilter-muted);border-bottom:1px solid var(--kilter-rule);white-space:nowrap;vertical-align:bottom}
th .unit{font-weight:400}
th:first-child,td:first-child{padding-left:8px}
.number{text-align:right;white-space:nowrap}
tbody tr:hover{background:var(--kilter-soft)}
tr.best,tbody tr.best:hover{background:var(--kilter-best)}
ol.timeline{list-style:none;margin:16px 0 24px;padding:0;font-size:14px}
ol.timeline li{display:grid;grid-template-columns:130px 1fr;gap:0 18px;padding:8px 0;border-bottom:1px solid var(--kilter-grid)}
ol.timeline time{color:var(--kilter-muted);white-space:nowrap}
ol.timeline .detail{color:var(--kilter-muted);margin:2px 0 0}
.badge{font-weight:600}
details{margin:14px 0;border:1px solid var(--kilter-grid);border-radius:8px;padding:0 16px}
summary{cursor:pointer;font-weight:600;font-size:15px;padding:10px 0}
pre{background:var(--kilter-soft);border-radius:8px;padding:12px 16px;overflow-x:auto;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
footer.page{margin-top:56px;padding-bottom:40px;color:var(--kilter-muted);font-size:13px}
.kilter-tip{position:absolute;z-index:9;pointer-events:none;background:var(--kilter-paper);color:var(--kilter-ink);
border:1px solid var(--kilter-rule);border-radius:6px;padding:6px 10px;font-size:12.5px;line-height:1.5;white-space:nowrap;
box-shadow:0 2px 10px rgba(0,0,0,.14)}
.kilter-tip i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
@media(max-width:640px){header.page{padding-top:24px}h1{font-size:24px}figure{overflow-x:auto}figure svg{min-width:640px}
ol.timeline li{grid-template-columns:1fr}}
@media print{body{font-size:11pt}main,header.page,footer.page{max-width:none;padding:0}nav,.kilter-tip{display:none}
figure,.fact,tr,li{break-inside:avoid}h2,h3,h4,summary{break-after:avoid}
details::details-content{content-visibility:visible;block-size:auto}.fact,tr.best,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

/// Shows the values of all lines of a chart under the pointer. It reads the points back from the paths, so the page carries no
/// value twice.
inline constexpr std::string_view report_script = R"js(
(function(){
var tip=document.createElement('div');tip.className='kilter-tip';tip.hidden=true;document.body.appendChild(tip);
function numbers(s){return s.split(' ').map(Number)}
function points(path){
  var out=[],x=0,y=0,m,re=/([MLHV])([^A-Za-z]*)/g,d=path.getAttribute('d');
  while((m=re.exec(d))){var a=numbers(m[2].trim());
    if(m[1]==='H')x=a[0];else if(m[1]==='V')y=a[0];else{if(m[1]==='M'&&out.length)out.push([x,NaN]);x=a[0];y=a[1]}
    out.push([x,y])}
  return out}
function at(line,x){
  var p=line.points||(line.points=points(line.path)),lo=0,hi=p.length-1;
  if(hi<0||x<p[0][0]-4||x>p[hi][0]+4)return NaN;
  while(hi-lo>1){var mid=(lo+hi)>>1;if(p[mid][0]<=x)lo=mid;else hi=mid}
  if(line.step)return p[p[hi][0]<=x?hi:lo][1];
  return x-p[lo][0]<=p[hi][0]-x?p[lo][1]:p[hi][1]}
function short(v){var a=Math.abs(v);return v.toLocaleString('en-US',{maximumFractionDigits:a>=1000?0:a>=10?1:a>=1?2:4})}
function when(x,scale){
  if(scale==='time')return new Date(x*1000).toISOString().slice(0,16).replace('T',' ');
  if(scale!=='elapsed')return short(x);
  var d=Math.floor(x/86400),s=x-d*86400,two=function(v){return(v<10?'0':'')+Math.floor(v)};
  return'day '+(d+1)+' '+two(s/3600)+':'+two(s/60%60)}
document.querySelectorAll('svg.kilter-chart[data-box]').forEach(function(svg){
  var lines=[].map.call(svg.querySelectorAll('path[data-name]'),function(p){return{path:p,name:p.dataset.name,step:p.dataset.step}});
  if(!lines.length)return;
  var b=numbers(svg.dataset.box),xr=numbers(svg.dataset.x),yr=numbers(svg.dataset.y);
  var rule=document.createElementNS(svg.namespaceURI,'path');
  rule.setAttribute('style','fill:none;stroke:var(--kilter-rule,#9aa3ad);pointer-events:none');svg.appendChild(rule);
  function hide(){tip.hidden=true;rule.removeAttribute('d')}
  svg.addEventListener('pointerleave',hide);
  svg.addEventListener('pointermove',function(e){
    var r=svg.getBoundingClientRect(),k=svg.viewBox.baseVal.width/r.width,x=(e.clientX-r.left)*k,y=(e.clientY-r.top)*k;
    if(x<b[0]||x>b[0]+b[2]||y<b[1]||y>b[1]+b[3])return hide();
    rule.setAttribute('d','M'+x+' '+b[1]+'v'+b[3]);
    tip.textContent='';
    var head=document.createElement('div');
    head.textContent=when(xr[0]+(x-b[0])/b[2]*(xr[1]-xr[0]),svg.dataset.scale);head.style.fontWeight=600;tip.appendChild(head);
    lines.forEach(function(line){
      var v=at(line,x);if(isNaN(v))return;
      var row=document.createElement('div'),dot=document.createElement('i');
      dot.style.background=getComputedStyle(line.path).stroke;row.appendChild(dot);
      row.appendChild(document.createTextNode(line.name+': '+short(yr[1]-(v-b[1])/b[3]*(yr[1]-yr[0]))));tip.appendChild(row)});
    tip.hidden=false;
    var left=e.pageX+14;if(left+tip.offsetWidth>document.documentElement.clientWidth-8)left=e.pageX-14-tip.offsetWidth;
    tip.style.left=left+'px';tip.style.top=(e.pageY+14)+'px'})});
})();
)js";

}  // namespace kilter::monitor::detail
