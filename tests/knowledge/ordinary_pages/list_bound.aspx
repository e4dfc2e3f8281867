<%@ Page Language="C#" %>
<asp:Repeater ID="list" runat="server"><ItemTemplate>
  <a href='<%# Eval("Link") %>?from=<%# Request["from"] %>'><%# Eval("Title").ToString() + Request.QueryString["suffix"] %></a>
  <span><%# DataBinder.Eval(Container.DataItem, "Date", "{0:d}") %></span>
</ItemTemplate></asp:Repeater>
